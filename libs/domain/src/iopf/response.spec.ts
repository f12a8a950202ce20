import { NO_PASID } from '../kernel/vocabulary';
import { Errno } from './errno';
import { deviceOf, fault, groupOf, layer, report, type TestFault } from './iopf.testkit';
import { G1, G1_KERNELS } from './kernels';
import { evolveAnswered, evolveGroupDone } from './response';
import type { IopfDevice } from './state';

const answer = { version: 1, unknownFlags: 0, hasPasid: false, pasid: 0, groupId: 7, code: 0 };
const unseen = { fault: null, place: -1, hasPasid: false, pasid: 0 };
const match = (device: IopfDevice<TestFault>, groupId: number, hasPasid: boolean, pasid: number): number =>
  G1.matchPending(device, 0, groupId, hasPasid, pasid);

describe('page responses (G1)', () => {
  it('rule 16 R86 a group answers with the fields of its last fault, PASID valid only if needed', () => {
    const state = layer();
    report(state, 1, fault(1), true, { needsPasid: true });
    report(state, 1, fault(2), true);
    report(state, 1, fault(3, { pasid: NO_PASID }), true, { needsPasid: true });
    expect(G1.groupResponse(groupOf(state, 1), 1)).toEqual({ ...answer, hasPasid: true, pasid: 1, code: 1 });
    expect(G1.groupResponse(groupOf(state, 2), 0)).toEqual({ ...answer, pasid: 1 });
    expect(G1.groupResponse(groupOf(state, 3), 0)).toEqual({ ...answer, pasid: NO_PASID });
  });

  it('rule 17 refuses in order, and the hardware sees nothing', () => {
    const state = layer();
    report(state, 1, fault(1), true);
    const device = deviceOf(state, 1);
    const refused = (result: number) => ({ ...unseen, result });
    const noDriver = { ...device, canRespond: false, handler: null };
    expect(G1.planResponse({ ...device, attached: false, handler: null }, answer)).toEqual(
      refused(Errno.ENODEV),
    );
    expect(G1.planResponse(noDriver, answer)).toEqual(refused(Errno.ENODEV));
    expect(G1.planResponse({ ...device, handler: null }, answer)).toEqual(refused(Errno.EINVAL));
    expect(G1.planResponse({ ...device, hasIommu: false }, answer)).toEqual(refused(Errno.EINVAL));
    expect(G1.planResponse(device, { ...answer, version: 2 })).toEqual(refused(Errno.EINVAL));
    expect(G1.planResponse(device, { ...answer, unknownFlags: 4 })).toEqual(refused(Errno.EINVAL));
    expect(G1.planResponse(device, { ...answer, groupId: 8 })).toEqual(refused(Errno.EINVAL));
    expect(G1.planResponse(device, answer)).toEqual({ ...unseen, result: 0, fault: fault(1), place: 0 });
  });

  it('rule 17 a later kernel of the generation looks at the callback only', () => {
    const state = layer();
    report(state, 1, fault(1), true);
    const unattached = { ...deviceOf(state, 1), attached: false };
    const later = G1_KERNELS['v6.1.192'];
    expect(later.planResponse(unattached, answer).fault).toEqual(fault(1));
    expect(later.planResponse({ ...unattached, canRespond: false }, answer).result).toBe(Errno.ENODEV);
    expect(G1_KERNELS['v5.13']).toBe(G1);
  });

  it('rule 18 a needed PASID must be valid and equal; an unneeded one is cleared', () => {
    const state = layer();
    report(state, 1, fault(1), true, { needsPasid: true });
    const device = deviceOf(state, 1);
    expect(match(device, 7, false, 1)).toBe(-1);
    expect(match(device, 7, true, 2)).toBe(-1);
    expect(match(device, 8, true, 1)).toBe(-1);
    expect(match(device, 7, true, 1)).toBe(0);
    const needed = { ...answer, hasPasid: true, pasid: 1 };
    expect(G1.planResponse(device, needed)).toMatchObject({ result: 0, hasPasid: true, pasid: 1 });
    report(state, 2, fault(2), true);
    const other = deviceOf(state, 2);
    expect(G1.planResponse(other, needed)).toMatchObject({ result: 0, hasPasid: false, pasid: 0 });
    expect(G1.planResponse(other, { ...needed, hasPasid: false })).toMatchObject({
      hasPasid: false,
      pasid: 1,
    });
  });

  it('rule 19 the oldest record of the number is answered, whichever group finished', () => {
    const state = layer();
    for (const id of [1, 2]) report(state, 1, fault(id), true);
    const device = deviceOf(state, 1);
    expect(G1.planAnswer(device, groupOf(state, 2), 0)).toMatchObject({ fault: { id: 1 }, place: 0 });
    evolveAnswered(device, 0);
    expect(G1.planAnswer(device, groupOf(state, 1), 0).fault?.id).toBe(2);
  });

  it('rule 20 the record at its place is consumed, the others keep their order', () => {
    const state = layer();
    for (const id of [1, 2, 3, 4]) report(state, 1, fault(id), true);
    const device = deviceOf(state, 1);
    const rest = () => device.pending.map((record) => record.fault.id);
    evolveAnswered(device, 1);
    expect(rest()).toEqual([1, 3, 4]);
    evolveAnswered(device, -1);
    expect(rest()).toEqual([1, 3, 4]);
    evolveAnswered(device, 0);
    expect(rest()).toEqual([3, 4]);
  });

  it('rule 21 a needed PASID that is missing makes a group that is never answered; the group is over all the same', () => {
    const state = layer();
    report(state, 1, fault(1, { pasid: NO_PASID }), true, { needsPasid: true });
    report(state, 1, fault(2), true, { needsPasid: true });
    report(state, 1, fault(3, { pasid: NO_PASID }), true);
    expect([1, 2, 3].map((serial) => G1.isAnswerable(groupOf(state, serial)))).toEqual([false, true, true]);
    evolveGroupDone(state, 1);
    expect([...state.groups.keys()]).toEqual([2, 3]);
    expect(deviceOf(state, 1).pending.map(({ serial }) => serial)).toEqual([1, 2, 3]);
  });

  it.each([
    ['begins a new map of the few that are open', 1024, true],
    ['leaves the map alone while many are open', 1025, false],
  ])('every so many groups it %s, with all of them in their order', (_name, open, renews) => {
    const state = layer();
    for (let id = 1; id <= 4096; id += 1) report(state, 1, fault(id), true);
    for (let serial = open + 1; serial < 4096; serial += 1) evolveGroupDone(state, serial);
    const before = state.groups;
    evolveGroupDone(state, 4096);
    expect(state.groups !== before).toBe(renews);
    expect([...state.groups.keys()]).toEqual(Array.from({ length: open }, (_, place) => place + 1));
    expect(groupOf(state, open).members).toMatchObject([{ id: open }]);
  });
});
