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
