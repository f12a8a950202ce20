import { Errno } from './errno';
import {
  checkRegisterHandler,
  checkUnregisterHandler,
  evolveRegisterHandler,
  evolveUnregisterHandler,
} from './handlers';
import {
  deviceOf,
  failing,
  fault,
  groupOf,
  groupsOf,
  HOLDER,
  layer,
  report,
  type TestFault,
} from './iopf.testkit';
import { G1, G2 } from './kernels';
import {
  checkDiscardPartial,
  checkQueueAlloc,
  countPartials,
  devicesOfQueue,
  evolveAddDevice,
  evolveDiscardDevicePartials,
  evolveDiscardPartial,
  evolveQueueAlloc,
  evolveQueueFree,
  evolveRemoveDevice,
  planFlush,
} from './queues';
import { evolveAnswered } from './response';
import { createIopfState, evolveDevice, IOPF_HANDLER, queuedGroups } from './state';

const facts = { hasIommu: true, attached: true, canRespond: true };

describe('queues and devices', () => {
  it('rule 30 queue_alloc is all or nothing', () => {
    expect(checkQueueAlloc(failing('queue'))).toBe(Errno.ENOMEM);
    expect(checkQueueAlloc(failing('workqueue'))).toBe(Errno.ENOMEM);
    expect(checkQueueAlloc(failing('group'))).toBe(0);
    expect(checkQueueAlloc()).toBe(0);
  });

  it('rule 30 a device that joins a queue is at the head of its list', () => {
    const state = layer();
    expect(state.queues.get('q')).toEqual({ name: 'q', devices: [2, 1] });
    expect(deviceOf(state, 1).queue).toBe('q');
  });

  it('R91 adding and registering work in either order', () => {
    const state = createIopfState<TestFault>();
    evolveQueueAlloc(state, 'q');
    for (const device of [1, 2]) evolveDevice(state, device, facts);
    evolveAddDevice(state, 'q', 1);
    evolveRegisterHandler(state, 2, IOPF_HANDLER);
    expect([1, 2].map((device) => G1.planReport(state, deviceOf(state, device), true, 1).action)).toEqual([
      'none',
      'none',
    ]);
    evolveRegisterHandler(state, 1, IOPF_HANDLER);
    evolveAddDevice(state, 'q', 2);
    expect([1, 2].map((device) => G1.planReport(state, deviceOf(state, device), true, 1).action)).toEqual([
      'group',
      'group',
    ]);
  });

  it('a device that is told about again keeps its queue, handler and faults', () => {
    const state = layer();
    report(state, 1, fault(1), true);
    report(state, 1, fault(2), false);
    const { queue, handler, partial, pending } = deviceOf(state, 1);
    evolveDevice(state, 1, { hasIommu: false, attached: false, canRespond: false, maxPasids: 4 });
    expect(deviceOf(state, 1)).toEqual({
      device: 1,
      hasIommu: false,
      attached: false,
      canRespond: false,
      iommuGroup: 1,
      userPasidTable: false,
      maxPasids: 4,
      queue,
      handler,
      partial,
      pending,
    });
    evolveDevice(state, 1, facts);
    expect(deviceOf(state, 1).maxPasids).toBe(2 ** 20);
  });

  it('what names an unknown device or queue changes nothing', () => {
    const state = layer();
    const before = structuredClone(state);
    evolveAddDevice(state, 'q', 9);
    evolveAddDevice(state, 'other', 1);
    evolveRemoveDevice(state, 'q', 9);
    evolveRemoveDevice(state, 'other', 1);
    evolveRegisterHandler(state, 9, IOPF_HANDLER);
    evolveUnregisterHandler(state, 9);
    evolveDiscardPartial(state, 'other');
    evolveDiscardDevicePartials(state, 9);
    evolveQueueFree(state, 'other');
    expect(state).toEqual(before);
    expect(devicesOfQueue(state, 'other')).toEqual([]);
  });

  it('rule 31 R89 removing drops unfinished faults; queued groups and pending records live on', () => {
    const state = layer();
    report(state, 1, fault(1, { groupId: 8 }), false);
    report(state, 1, fault(2), true);
    evolveRemoveDevice(state, 'q', 1);
    expect(deviceOf(state, 1)).toMatchObject({ queue: null, partial: [], pending: [{ serial: 1 }] });
    expect(state.queues.get('q')?.devices).toEqual([2]);
    expect(groupsOf(state)).toEqual([[2]]);
  });

  it('rule 31 queue_free removes from the head of the list on, then the work that is left runs', () => {
    const state = layer();
    report(state, 1, fault(1), true);
    const devices = devicesOfQueue(state, 'q');
    expect(devices).toEqual([2, 1]);
    for (const device of devices) evolveRemoveDevice(state, 'q', device);
    expect(queuedGroups(state, 'q').map(({ serial }) => serial)).toEqual([1]);
    evolveQueueFree(state, 'q');
    expect(state.queues.size).toBe(0);
    expect(deviceOf(state, 2).queue).toBeNull();
  });

  it('rule 32 R97 flush runs all groups of the queue, of all devices, oldest first', () => {
    const state = layer();
    evolveQueueAlloc(state, 'other');
    evolveDevice(state, 3, facts);
    evolveAddDevice(state, 'other', 3);
    evolveRegisterHandler(state, 3, IOPF_HANDLER);
    for (const device of [2, 3, 1]) report(state, device, fault(device), true);
    const serials = (device: number) => planFlush(G1, state, device).groups.map(({ serial }) => serial);
    expect(planFlush(G1, state, 1)).toMatchObject({ result: 0, warns: false });
    expect(serials(1)).toEqual([1, 3]);
    expect(serials(3)).toEqual([2]);
  });

  it('rule 32 flushing a device in no queue is ENODEV, with a warning in G2', () => {
    const state = layer();
    evolveRemoveDevice(state, 'q', 1);
    for (const device of [1, 9]) {
      expect(planFlush(G1, state, device)).toEqual({ result: Errno.ENODEV, warns: false, groups: [] });
      expect(planFlush(G2, state, device)).toEqual({ result: Errno.ENODEV, warns: true, groups: [] });
    }
  });

  it('rule 32 R88 discard_partial empties the lists of all devices of the queue only', () => {
    const state = layer();
    report(state, 1, fault(1), false);
    report(state, 2, fault(2), false);
    report(state, 2, fault(3, { groupId: 8 }), true);
    evolveDevice(state, 3, facts);
    deviceOf(state, 3).partial = [fault(4)];
    expect(countPartials(state)).toBe(3);
    expect(checkDiscardPartial(null)).toBe(Errno.EINVAL);
    expect(checkDiscardPartial('q')).toBe(0);
    evolveDiscardPartial(state, 'q');
    expect([1, 2, 3].map((device) => deviceOf(state, device).partial.length)).toEqual([0, 0, 1]);
    expect(groupsOf(state)).toEqual([[3]]);
    expect(deviceOf(state, 2).pending).toHaveLength(1);
  });
});

describe('queues and handlers (G1)', () => {
  it('rule 30 add_device: ENODEV, ENOMEM, EBUSY in this order', () => {
    const state = layer();
    evolveDevice(state, 3, { ...facts, hasIommu: false });
    evolveDevice(state, 4, { ...facts, canRespond: false });
    expect(G1.checkAddDevice(state, 3, failing('device-param'))).toBe(Errno.ENODEV);
    expect(G1.checkAddDevice(state, 9)).toBe(Errno.ENODEV);
    expect(G1.checkAddDevice(state, 1, failing('device-param'))).toBe(Errno.ENOMEM);
    expect(G1.checkAddDevice(state, 1)).toBe(Errno.EBUSY);
    expect(G1.checkAddDevice(state, 4)).toBe(0);
  });

  it('rule 30 remove_device: EINVAL without IOMMU data, without a queue or from another one', () => {
    const state = layer();
    const refused = { result: Errno.EINVAL, removes: false, warns: false, answered: [], code: 1 };
    expect(G1.planRemoval(state, null, 1)).toEqual(refused);
    expect(G1.planRemoval(state, 'other', 1)).toEqual(refused);
    expect(G1.planRemoval(state, 'q', 9)).toEqual(refused);
    expect(G1.planRemoval(state, 'q', 1)).toEqual({ ...refused, result: 0, removes: true });
    evolveDevice(state, 1, { ...facts, hasIommu: false });
    expect(G1.planRemoval(state, 'q', 1)).toEqual(refused);
    evolveDevice(state, 3, facts);
    expect(G1.planRemoval(state, null, 3)).toEqual(refused);
  });

  it('rule 32 one handler a device, which takes memory', () => {
    const state = layer();
    expect(checkRegisterHandler(state, 1, failing('handler-record'))).toBe(Errno.EBUSY);
    evolveUnregisterHandler(state, 1);
    expect(deviceOf(state, 1).handler).toBeNull();
    expect(checkRegisterHandler(state, 1, failing('handler-record'))).toBe(Errno.ENOMEM);
    expect(checkRegisterHandler(state, 1)).toBe(0);
    evolveDevice(state, 3, { ...facts, hasIommu: false });
    for (const device of [3, 9]) {
      expect(checkRegisterHandler(state, device)).toBe(Errno.EINVAL);
      expect(checkUnregisterHandler(state, device)).toBe(Errno.EINVAL);
    }
  });

  it('rule 32 unregistering waits for pending requests, not for unfinished faults, and succeeds without a handler', () => {
    const state = layer();
    report(state, 1, fault(1, { groupId: 8 }), false);
    expect(checkUnregisterHandler(state, 1)).toBe(0);
    report(state, 1, fault(2), true);
    expect(checkUnregisterHandler(state, 1)).toBe(Errno.EBUSY);
    evolveDevice(state, 3, facts);
    expect(checkUnregisterHandler(state, 3)).toBe(0);
  });
});

describe('queues (G2)', () => {
  it('rule 30 add_device: ENODEV without a callback, EBUSY, ENOMEM in this order', () => {
    const state = layer();
    evolveDevice(state, 3, { ...facts, canRespond: false });
    evolveDevice(state, 4, { ...facts, hasIommu: false });
    expect(G2.checkAddDevice(state, 3, failing('device-param'))).toBe(Errno.ENODEV);
    expect(G2.checkAddDevice(state, 9)).toBe(Errno.ENODEV);
    expect(G2.checkAddDevice(state, 1, failing('device-param'))).toBe(Errno.EBUSY);
    expect(G2.checkAddDevice(state, 4, failing('device-param'))).toBe(Errno.ENOMEM);
    expect(G2.checkAddDevice(state, 4)).toBe(0);
  });

  it('rule 30 removing from another queue warns and does nothing else', () => {
    const state = layer();
    report(state, 1, fault(1), true, { generation: G2 });
    evolveDevice(state, 3, facts);
    const refused = { result: undefined, removes: false, warns: true, answered: [], code: 1 };
    for (const [queue, device] of [
      ['other', 1],
      [null, 1],
      [null, 3],
      ['q', 3],
      ['q', 9],
    ] as const) {
      expect(G2.planRemoval(state, queue, device)).toEqual(refused);
    }
  });

  it('rule 31 R89 removing answers each pending group of the device INVALID, newest first', () => {
    const state = layer(HOLDER);
    for (const [device, id] of [
      [1, 1],
      [2, 2],
      [1, 3],
      [1, 4],
    ] as const) {
      report(state, device, fault(id), true, { generation: G2 });
    }
    evolveAnswered(deviceOf(state, 1), 1);
    const plan = G2.planRemoval(state, 'q', 1);
    expect(plan).toMatchObject({ result: undefined, removes: true, warns: false, code: 1 });
    expect(plan.answered.map(({ serial }) => serial)).toEqual([4, 1]);
    expect(groupOf(state, 3).members).toEqual([fault(3)]);
  });
});
