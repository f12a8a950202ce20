import { Errno } from './errno';
import { deviceOf, fault, groupsOf, layer, report } from './iopf.testkit';
import { planReport } from './report';
import { createIopfState, evolveDevice } from './state';

describe('reporting faults (G1)', () => {
  it('rule 2 the group has the unfinished faults of its number in order of reporting, the last at the end', () => {
    const state = layer();
    for (const id of [1, 2, 3]) expect(report(state, 1, fault(id), false)).toBe(0);
    report(state, 1, fault(4), true);
    expect(groupsOf(state)).toEqual([[1, 2, 3, 4]]);
    expect(deviceOf(state, 1).partial).toEqual([]);
  });

  it('rule 3 only the number is compared, not the PASID', () => {
    const state = layer();
    report(state, 1, fault(1, { pasid: 9 }), false);
    report(state, 1, fault(2), true);
    expect(groupsOf(state)).toEqual([[1, 2]]);
  });

  it('rule 4 others stay, newest first, and lists are per device', () => {
    const state = layer();
    report(state, 1, fault(1, { groupId: 8 }), false);
    report(state, 1, fault(2), false);
    report(state, 1, fault(3, { groupId: 9 }), false);
    report(state, 2, fault(4), false);
    report(state, 1, fault(5), true);
    expect(groupsOf(state)).toEqual([[2, 5]]);
    expect(deviceOf(state, 1).partial.map(({ id }) => id)).toEqual([3, 1]);
    expect(deviceOf(state, 2).partial.map(({ id }) => id)).toEqual([4]);
  });

  it('rule 5 each last fault makes a group, also while that number is unanswered', () => {
    const state = layer();
    report(state, 1, fault(1), true);
    report(state, 1, fault(2), true);
    expect(groupsOf(state)).toEqual([[1], [2]]);
    expect(deviceOf(state, 1).pending.map((record) => record.serial)).toEqual([1, 2]);
  });

  it('rule 27 checks in order', () => {
    const state = createIopfState();
    expect(planReport(undefined, true)).toEqual({ result: Errno.EINVAL, action: 'none' });
    evolveDevice(state, 1, { hasIommu: true, attached: true, canRespond: true });
    const device = state.devices.get(1);
    if (device === undefined) throw new Error('device 1 is missing');
    expect(planReport(device, true).result).toBe(Errno.EINVAL);
    device.handler = { kind: 'none' };
    expect(planReport(device, true).result).toBe(Errno.EINVAL);
    device.handler = { kind: 'iopf' };
    expect(planReport(device, true, true, 'pending-record').result).toBe(Errno.ENOMEM);
    expect(planReport(device, false, false).result).toBe(Errno.EOPNOTSUPP);
    expect(planReport(device, true).result).toBe(Errno.ENODEV);
    device.queue = 'q';
    expect(planReport(device, false, true, 'partial-fault')).toEqual({
      result: Errno.ENOMEM,
      action: 'none',
    });
    expect(planReport(device, true, true, 'group')).toEqual({
      result: Errno.ENOMEM,
      action: 'drop-partials',
    });
    expect(planReport(device, true)).toEqual({ result: 0, action: 'group' });
  });

  it('a foreign handler takes the fault, or refuses it with its own code', () => {
    const kept = layer({ kind: 'foreign', returns: 0 });
    expect(planReport(deviceOf(kept, 1), true, false)).toEqual({ result: 0, action: 'deliver' });
    const refusing = layer({ kind: 'foreign', returns: -61 });
    expect(planReport(deviceOf(refusing, 1), true)).toEqual({ result: -61, action: 'none' });
  });
});
