import { Errno } from './errno';
import { checkRegisterHandler, checkUnregisterHandler, evolveRegisterHandler } from './handlers';
import { deviceOf, fault, groupsOf, layer, report, type TestFault } from './iopf.testkit';
import {
  checkAddDevice,
  checkDiscardPartial,
  checkQueueAlloc,
  checkRemoveDevice,
  countPartials,
  evolveAddDevice,
  evolveDiscardPartial,
  evolveQueueAlloc,
  evolveQueueFree,
  evolveRemoveDevice,
  planFlush,
} from './queues';
import { planReport } from './report';
import { createIopfState, evolveDevice, IOPF_HANDLER } from './state';

const facts = { hasIommu: true, attached: true, canRespond: true };

describe('queues, devices and handlers (G1)', () => {
  it.each([['queue first'], ['handler first']])(
    'adding and registering work in either order: %s',
    (order) => {
      const state = createIopfState<TestFault>();
      evolveQueueAlloc(state, 'q');
      evolveDevice(state, 1, facts);
      const add = () => evolveAddDevice(state, 'q', 1);
      const register = () => evolveRegisterHandler(state, 1, IOPF_HANDLER);
      const [first, second] = order === 'queue first' ? [add, register] : [register, add];
      first();
      expect(planReport(deviceOf(state, 1), true).action).toBe('none');
      second();
      expect(planReport(deviceOf(state, 1), true).action).toBe('group');
    },
  );

  it('rule 30 add_device: ENODEV, ENOMEM, EBUSY in this order; the newest is at the head', () => {
    const state = layer();
    evolveQueueAlloc(state, 'other');
    evolveDevice(state, 3, { ...facts, hasIommu: false });
    expect(checkAddDevice(state, 'q', 3, 'device-param')).toBe(Errno.ENODEV);
    expect(checkAddDevice(state, 'other', 1, 'device-param')).toBe(Errno.ENOMEM);
    expect(checkAddDevice(state, 'other', 1)).toBe(Errno.EBUSY);
    expect(state.queues.get('q')?.devices).toEqual([2, 1]);
  });

  it('rule 30 remove_device: EINVAL without a queue or from another one', () => {
    const state = layer();
    expect(checkRemoveDevice(state, null, 1)).toBe(Errno.EINVAL);
    expect(checkRemoveDevice(state, 'other', 1)).toBe(Errno.EINVAL);
    expect(checkRemoveDevice(state, 'q', 9)).toBe(Errno.EINVAL);
    expect(checkRemoveDevice(state, 'q', 1)).toBe(0);
  });

  it('rule 31 removing drops unfinished faults, and leaves queued groups and pending records', () => {
    const state = layer();
    report(state, 1, fault(1, { groupId: 8 }), false);
    report(state, 1, fault(2), true);
    evolveRemoveDevice(state, 'q', 1);
    expect(deviceOf(state, 1)).toMatchObject({ queue: null, partial: [], pending: [{ serial: 1 }] });
    expect(groupsOf(state)).toEqual([[2]]);
    evolveQueueFree(state, 'q');
    expect(state.queues.size).toBe(0);
    expect(deviceOf(state, 2).queue).toBeNull();
  });

  it('rule 30 queue_alloc is all or nothing', () => {
    expect(checkQueueAlloc('workqueue')).toBe(Errno.ENOMEM);
    expect(checkQueueAlloc()).toBe(0);
  });

  it('rule 32 flush runs all groups of the queue, of all devices, oldest first', () => {
    const state = layer();
    report(state, 2, fault(1), true);
    report(state, 1, fault(2), true);
    expect(planFlush(state, 1)).toMatchObject({ result: 0, groups: [{ serial: 1 }, { serial: 2 }] });
    evolveRemoveDevice(state, 'q', 1);
    expect(planFlush(state, 1)).toEqual({ result: Errno.ENODEV, groups: [] });
  });

  it('rule 32 discard_partial empties the lists of all devices of the queue only', () => {
    const state = layer();
    report(state, 1, fault(1), false);
    report(state, 2, fault(2), false);
    report(state, 2, fault(3, { groupId: 8 }), true);
    expect(countPartials(state)).toBe(2);
    expect(checkDiscardPartial(null)).toBe(Errno.EINVAL);
    evolveDiscardPartial(state, 'q');
    expect(countPartials(state)).toBe(0);
    expect(groupsOf(state)).toEqual([[3]]);
  });

  it('rule 32 one handler a device; unregistering waits for pending requests, not for partials', () => {
    const state = layer();
    expect(checkRegisterHandler(state, 1)).toBe(Errno.EBUSY);
    expect(checkRegisterHandler(state, 9)).toBe(Errno.EINVAL);
    report(state, 1, fault(1, { groupId: 8 }), false);
    expect(checkUnregisterHandler(state, 1)).toBe(0);
    report(state, 1, fault(2), true);
    expect(checkUnregisterHandler(state, 1)).toBe(Errno.EBUSY);
  });
});
