import type { GroupQueued, RequestRecord } from '@faultline/domain';
import { decodeLogBody, iommuHwSchema, iommuQueueSchema, logSchemas, pageRequestSchema } from '.';
import { DecodeError, UnknownSchema } from '../codec';

const request: RequestRecord = {
  segment: 1,
  segmentEpoch: 2,
  request: 3,
  device: 4,
  pasid: 5,
  generation: 6,
  page: 2 ** 51 + 7,
  offset: 8,
  permissions: 3,
  groupId: 511,
  last: true,
  round: 0,
  sentAtMicros: 1.5e15,
  writtenAtMicros: 1.5e15 + 1,
};
const group = (change: Partial<GroupQueued>): GroupQueued => ({
  kind: 'GroupQueued',
  order: 0,
  group: 1,
  groupEpoch: 1,
  device: 4,
  model: 'pri',
  pasid: 5,
  groupId: 511,
  queue: 'iommu-0',
  queuedAtMicros: 1,
  members: [request],
  ...change,
});

describe('log schemas', () => {
  it('a group travels whole: all members with their identity, place and times', () => {
    expect(decodeLogBody('iommu.queue', iommuQueueSchema.encode([group({})]))).toEqual([group({})]);
  });

  it('R8 a PRG index over 9 bits is refused; R32 a stall tag may have 16', () => {
    expect(() => iommuQueueSchema.decode(iommuQueueSchema.encode([group({ groupId: 512 })]))).toThrow(
      /PRG index 512, expected 0 to 511/,
    );
    expect(
      iommuQueueSchema.decode(iommuQueueSchema.encode([group({ groupId: 65_535, model: 'stall' })])),
    ).toHaveLength(1);
    const message = { kind: 'PageRequestMessage', ...request, groupId: 512 } as const;
    expect(() => pageRequestSchema.decode(pageRequestSchema.encode([message]))).toThrow(DecodeError);
  });

  it('a body of an unknown schema is refused by name', () => {
    expect(() => decodeLogBody('iommu.hv', iommuHwSchema.encode([]))).toThrow(UnknownSchema);
    expect(() => decodeLogBody('iommu.hv', iommuHwSchema.encode([]))).toThrow(/'iommu.hv'/);
  });

  it('every log schema is written in version 1', () => {
    expect(logSchemas.map((schema) => `${schema.name} ${schema.version}`)).toEqual([
      'iommu.queue 1',
      'iommu.hw 1',
      'iopf 1',
      'mm 1',
      'segment 1',
      'lab 1',
    ]);
  });
});
