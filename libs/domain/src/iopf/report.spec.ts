import { NO_PASID, ResponseCode } from '../kernel/vocabulary';
import { Errno } from './errno';
import { deviceOf, failing, fault, groupOf, groupsOf, HOLDER, layer, REFUSER, report } from './iopf.testkit';
import { G1 } from './kernels';
import {
  answerAtOnce,
  evolveAbortGroup,
  evolveCloseGroup,
  evolvePark,
  evolvePending,
  evolveTakePartials,
} from './report';
import { createIopfState, evolveDevice, NO_SPACE } from './state';

describe('reporting faults', () => {
  it('rule 1 R79 a fault that is not the last waits, and nothing is queued or pending', () => {
    const state = layer();
    expect(report(state, 1, fault(1), false)).toBe(0);
    expect(deviceOf(state, 1)).toMatchObject({ partial: [{ id: 1 }], pending: [] });
    expect(state.groups.size).toBe(0);
  });

  it('rule 2 R80 the group has the unfinished faults of its number in order of reporting, the last at the end', () => {
    const state = layer();
    for (const id of [1, 2, 3]) expect(report(state, 1, fault(id), false)).toBe(0);
    report(state, 1, fault(4), true);
    expect(groupsOf(state)).toEqual([[1, 2, 3, 4]]);
    expect(deviceOf(state, 1).partial).toEqual([]);
  });

  it('rule 3 R81 only the number is compared, not the PASID', () => {
    const state = layer();
    report(state, 1, fault(1, { pasid: 9 }), false);
    report(state, 1, fault(2), true);
    expect(groupsOf(state)).toEqual([[1, 2]]);
  });

  it('rule 4 R81 others stay, newest first, and lists are per device', () => {
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
    expect(state.groupCount).toBe(2);
  });

  it('R83 number, PASID and flags of the group are those of its last fault', () => {
    const state = layer();
    report(state, 1, fault(1, { pasid: NO_PASID }), false);
    report(state, 1, fault(2), true, { needsPasid: true });
    expect(groupOf(state, 1)).toEqual({
      serial: 1,
      device: 1,
      queue: 'q',
      groupId: 7,
      pasid: 1,
      hasPasid: true,
      needsPasid: true,
      space: NO_SPACE,
      members: [fault(1, { pasid: NO_PASID }), fault(2)],
    });
    expect(deviceOf(state, 1).pending).toEqual([
      { serial: 1, fault: fault(2), groupId: 7, pasid: 1, needsPasid: true },
    ]);
  });

  it('numbers of groups may be given, and counting goes on after the highest', () => {
    const state = layer();
    const facts = { queue: 'q', groupId: 7, pasid: 1, hasPasid: true, needsPasid: false };
    const device = deviceOf(state, 1);
    for (const serial of [5, 3]) evolveCloseGroup(state, device, facts, [fault(serial)], serial);
    expect(state.groupCount).toBe(5);
    report(state, 1, fault(6), true);
    expect([...state.groups.keys()]).toEqual([5, 3, 6]);
    expect(() => evolveCloseGroup(state, device, facts, [])).toThrow('group 7 of device 1 has no member');
  });

  it('rule 24 a group that is refused takes its number and its unfinished faults with it', () => {
    const state = layer();
    report(state, 1, fault(1), false);
    report(state, 1, fault(2, { groupId: 8 }), false);
    evolveAbortGroup(state, deviceOf(state, 1), 7);
    expect(deviceOf(state, 1).partial.map(({ id }) => id)).toEqual([2]);
    expect(state).toMatchObject({ groupCount: 1, groups: new Map() });
  });

  it('parked faults are forgotten by number, and nothing changes without any', () => {
    const device = deviceOf(layer(), 1);
    const none = device.partial;
    evolveTakePartials(device, 7);
    expect(device.partial).toBe(none);
    evolvePark(device, fault(1));
    evolveTakePartials(device, 8);
    expect(device.partial).toEqual([fault(1)]);
  });
});

describe('reporting faults (G1)', () => {
  const state = createIopfState();
  evolveDevice(state, 1, { hasIommu: true, attached: true, canRespond: true });
  const device = state.devices.get(1);
  const plan = (last = true, pageRequest = true, fails?: ReturnType<typeof failing>) =>
    G1.planReport(state, device, last, 1, pageRequest, fails);
  const refused = { action: 'none', answer: null, driverCompletes: true, warns: false };

  it('rule 27 EINVAL without a device, IOMMU data or a handler with a function', () => {
    const invalid = { ...refused, result: Errno.EINVAL, refusal: 'no-handler' };
    expect(G1.planReport(state, undefined, true, 1)).toEqual(invalid);
    expect(plan()).toEqual(invalid);
    Object.assign(device ?? {}, { handler: { kind: 'none' } });
    expect(plan()).toEqual(invalid);
    Object.assign(device ?? {}, { handler: { kind: 'iopf' }, hasIommu: false });
    expect(plan()).toEqual(invalid);
    Object.assign(device ?? {}, { hasIommu: true });
  });

  it('rule 27 a pending record is needed for the last page request only, before the handler is called', () => {
    const fails = failing('pending-record');
    expect(plan(true, true, fails)).toEqual({ ...refused, result: Errno.ENOMEM, refusal: null });
    expect(plan(false, true, fails).result).toBe(Errno.ENODEV);
    expect(plan(true, false, fails).result).toBe(Errno.EOPNOTSUPP);
    expect(fails.asked).toEqual(['pending-record']);
  });

  it('rule 27 what is no page request is not supported; a device in no queue is refused', () => {
    expect(plan(false, false)).toEqual({ ...refused, result: Errno.EOPNOTSUPP, refusal: null });
    expect(plan()).toEqual({ ...refused, result: Errno.ENODEV, refusal: 'no-queue' });
    Object.assign(device ?? {}, { queue: 'q' });
  });

  it('rule 27 without memory a parked fault alone is lost, or all unfinished faults of the number', () => {
    const partial = failing('partial-fault');
    expect(plan(false, true, partial)).toEqual({ ...refused, result: Errno.ENOMEM, refusal: null });
    expect(plan(true, true, partial).action).toBe('group');
    expect(partial.asked).toEqual(['partial-fault', 'pending-record', 'group']);
    expect(plan(true, true, failing('group'))).toEqual({
      ...refused,
      action: 'drop-partials',
      result: Errno.ENOMEM,
      refusal: null,
    });
  });

  it('rules 1, 2 park it, or close its group', () => {
    const done = { result: 0, answer: null, driverCompletes: false, warns: false, refusal: null };
    expect(plan(false)).toEqual({ ...done, action: 'park' });
    expect(plan()).toEqual({ ...done, action: 'group' });
    expect(G1.planReport(state, device, true, 1)).toBe(plan());
  });

  it('rule 15 a foreign handler takes the fault, of any type, or refuses it with its own code', () => {
    const kept = layer(HOLDER);
    expect(G1.planReport(kept, deviceOf(kept, 1), true, 1, false)).toMatchObject({
      result: 0,
      action: 'deliver',
      driverCompletes: false,
    });
    const refusing = layer(REFUSER);
    expect(G1.planReport(refusing, deviceOf(refusing, 1), true, 1)).toMatchObject({
      result: -5,
      action: 'deliver',
      driverCompletes: true,
    });
  });

  it('rule 15 a page request that a foreign handler took is pending, as the newest', () => {
    const held = deviceOf(layer(HOLDER), 1);
    for (const id of [1, 2]) {
      evolvePending(held, { serial: 0, fault: fault(id), groupId: 7, pasid: 1, needsPasid: false });
    }
    expect(G1.listPending(held).map((record) => record.fault.id)).toEqual([1, 2]);
  });

  it('rule 29 R98 the driver completes what is refused: a stall by FAILURE, the last page request by INVALID', () => {
    const plans = layer();
    const refusal = G1.planReport(plans, undefined, true, 1);
    expect(answerAtOnce(refusal, 'stall', true)).toBe(ResponseCode.FAILURE);
    expect(answerAtOnce(refusal, 'pri', true)).toBe(ResponseCode.INVALID);
    expect(answerAtOnce(refusal, 'pri', false)).toBeNull();
    expect(answerAtOnce(G1.planReport(plans, deviceOf(plans, 1), true, 1), 'stall', true)).toBeNull();
  });
});
