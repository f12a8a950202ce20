import { IommuConfigInvalid } from './config';
import { testIommu } from './iommu.testkit';

describe('the configuration of an IOMMU', () => {
  it.each([
    ['a ring of one slot', { priQueueEntries: 1 }],
    ['a ring that is no power of two', { eventQueueEntries: 12 }],
    ['no shard', { shards: 0 }],
    ['a negative IOTLB', { iotlbEntries: -1 }],
    ['half an index', { iommu: 0.5 }],
  ])('R41 refuses %s', (_name, overrides) => {
    expect(() => testIommu(overrides)).toThrow(IommuConfigInvalid);
  });

  it('works without an IOTLB', () => {
    expect(() => testIommu({ iotlbEntries: 0 }).initial()).not.toThrow();
  });
});

describe('what is wrong with a configuration', () => {
  it.each([
    [{ priQueueEntries: 1 }, 'priQueueEntries is 1, and must be a whole number from 2'],
    [{ eventQueueEntries: 12 }, 'eventQueueEntries 12 is no power of two'],
    [{ iommu: -1 }, 'iommu is -1, and must be a whole number from 0'],
    [{ iotlbEntries: 0.5 }, 'iotlbEntries is 0.5, and must be a whole number from 0'],
    [{ shards: 0 }, 'shards is 0, and must be a whole number from 1'],
    [
      { service: { order: 'fair', quantum: 0, window: 1 } },
      'quantum is 0, and must be a whole number from 1',
    ],
    [{ service: { order: 'fair', quantum: 1, window: 0 } }, 'window is 0, and must be a whole number from 1'],
  ] as const)('is said in one line: %j', (overrides, message) => {
    expect(() => testIommu(overrides)).toThrow(
      expect.objectContaining({ name: 'IommuConfigInvalid', message }) as Error,
    );
  });

  it('takes the smallest numbers that mean something', () => {
    const service = { order: 'fair', quantum: 1, window: 1 } as const;
    const smallest = {
      priQueueEntries: 2,
      eventQueueEntries: 2,
      iommu: 0,
      iotlbEntries: 0,
      shards: 1,
      service,
    };
    expect(testIommu(smallest).initial().durable.service).toMatchObject({ quantum: 1, window: 1 });
  });
});
