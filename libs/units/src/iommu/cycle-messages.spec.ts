import { iommuHwSchema, iommuQueueSchema, subjectsOf } from '@faultline/contracts';
import type { GroupQueued, IommuEvent } from '@faultline/domain';
import { cycleMessages } from './cycle-messages';

const layout = { subjects: subjectsOf('lab'), iommu: 3, queues: ['a', 'b'], groupsPerMessage: 2 };
const group = (n: number, queue: string): GroupQueued => ({
  kind: 'GroupQueued',
  order: 0,
  group: n,
  groupEpoch: 1,
  device: 1,
  model: 'pri',
  pasid: 2,
  groupId: n,
  queue,
  queuedAtMicros: 1,
  members: [],
});
const overflow: IommuEvent = { kind: 'RingOverflowSet', model: 'pri' };

describe('cycleMessages', () => {
  it('D5 queue messages are a phase before hw, and each group knows its place in the cycle', () => {
    const [queues, hw] = cycleMessages(layout, [overflow, group(1, 'a'), overflow, group(2, 'b')], []);
    expect(queues?.map((message) => message.subject)).toEqual([
      'lab.log.iommu.3.queue.a',
      'lab.log.iommu.3.queue.b',
    ]);
    expect(
      queues
        ?.flatMap((message) => iommuQueueSchema.decode(message.body))
        .map((event) => event.kind === 'GroupQueued' && event.order),
    ).toEqual([1, 3]);
    expect(hw?.map((message) => message.subject)).toEqual(['lab.log.iommu.3.hw']);
  });

  it('D15 a work message holds at most groupsPerMessage groups', () => {
    const [queues] = cycleMessages(
      layout,
      [1, 2, 3, 4, 5].map((n) => group(n, 'a')),
      [],
    );
    expect(queues?.map((message) => iommuQueueSchema.decode(message.body).length)).toEqual([2, 2, 1]);
  });

  it('D5 hw ends with the positions that the inputs had reached', () => {
    const [, hw] = cycleMessages(layout, [overflow], [{ subject: 'lab.log.iopf.3', sequence: 17 }]);
    const records = hw?.flatMap((message) => iommuHwSchema.decode(message.body)) ?? [];
    expect(records[records.length - 1]).toEqual({
      kind: 'CycleClosed',
      inputs: [{ subject: 'lab.log.iopf.3', sequence: 17 }],
    });
  });

  it('D5 a new owner says so on every subject of its unit', () => {
    const messages = cycleMessages(layout, [{ kind: 'IommuOwnerChanged', iommu: 3, epoch: 4 }], []).flat();
    expect(messages.map((message) => message.subject)).toEqual([
      'lab.log.iommu.3.queue.a',
      'lab.log.iommu.3.queue.b',
      'lab.log.iommu.3.hw',
    ]);
  });

  it('a cycle too large for one message is cut, in order', () => {
    const many = Array.from({ length: 5_000 }, () => overflow);
    const hw = cycleMessages(layout, many, [])[1] ?? [];
    expect(hw.map((message) => iommuHwSchema.decode(message.body).length)).toEqual([4_096, 905]);
  });
});
