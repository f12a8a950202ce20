import { NO_PASID } from '../kernel/vocabulary';
import { deviceOf, fault, groupOf, HOLDER, layer, report } from './iopf.testkit';
import { G2, G2_KERNELS } from './kernels';
import { evolveAnswered, evolveGroupDone } from './response';

const generation = G2;

describe('page responses (G2)', () => {
  it('rule 22 R83 carries PASID and number of the last fault, without a flag, needed or not', () => {
    const state = layer();
    report(state, 1, fault(1), false, { generation });
    report(state, 1, fault(2), true, { needsPasid: true, generation });
    expect(G2.groupResponse(groupOf(state, 1), 5)).toEqual({
      version: 1,
      unknownFlags: 0,
      hasPasid: false,
      pasid: 1,
      groupId: 7,
      code: 5,
    });
    expect(G2.isAnswerable({ ...groupOf(state, 1), pasid: NO_PASID, hasPasid: false })).toBe(true);
  });

  it('rule 22 belongs to its own group, also when numbers repeat', () => {
    const state = layer();
    for (const id of [1, 2]) report(state, 1, fault(id), true, { generation });
    const device = deviceOf(state, 1);
    expect(G2.planAnswer(device, groupOf(state, 2), 0)).toEqual({
      result: 0,
      fault: fault(2),
      place: 1,
      hasPasid: false,
      pasid: 1,
    });
    expect(G2.matchPending(device, 2, 7, false, 1)).toBe(1);
    expect(G2.matchPending(device, 3, 7, true, 1)).toBe(-1);
  });

  it('rule 22 the newest unanswered request comes first in the list', () => {
    const state = layer();
    for (const id of [1, 2, 3]) report(state, 1, fault(id), true, { generation });
    expect(G2.listPending(deviceOf(state, 1)).map((record) => record.fault.id)).toEqual([3, 2, 1]);
    expect(deviceOf(state, 1).pending.map(({ serial }) => serial)).toEqual([1, 2, 3]);
  });

  it('rule 26 R84 an answered group is pending no more, and a second answer is dropped', () => {
    const state = layer(HOLDER);
    report(state, 1, fault(1), true, { generation });
    const device = deviceOf(state, 1);
    evolveAnswered(device, G2.planAnswer(device, groupOf(state, 1), 0).place);
    expect(device.pending).toEqual([]);
    expect(G2.planAnswer(device, groupOf(state, 1), 0)).toMatchObject({ result: 0, fault: null, place: -1 });
  });

  it('rule 33 one kernel of the generation sends the second answer again', () => {
    const state = layer(HOLDER);
    for (const id of [1, 2]) report(state, 1, fault(id), true, { generation });
    const device = deviceOf(state, 1);
    evolveAnswered(device, 0);
    expect(G2_KERNELS['v7.1-merge-window'].planAnswer(device, groupOf(state, 1), 0).fault).toBeNull();
    const again = G2_KERNELS['v6.12.117'].planAnswer(device, groupOf(state, 1), 0);
    expect(again).toMatchObject({ fault: { id: 1 }, place: -1 });
    evolveAnswered(device, again.place);
    expect(device.pending.map(({ serial }) => serial)).toEqual([2]);
    expect(G2_KERNELS['v6.12.117'].planAnswer(device, groupOf(state, 2), 0).place).toBe(0);
  });

  it('rule 31 R85 after its device was removed, a late answer of a held group does nothing', () => {
    const state = layer(HOLDER);
    report(state, 1, fault(1), true, { generation });
    const device = deviceOf(state, 1);
    const group = groupOf(state, 1);
    for (const { serial } of G2.planRemoval(state, 'q', 1).answered) {
      evolveAnswered(device, G2.matchPending(device, serial, 7, false, 1));
      evolveGroupDone(state, serial);
    }
    expect(state.groups.size).toBe(0);
    expect(G2.planAnswer(device, group, 0).fault).toBeNull();
  });
});
