import { evolveRegisterHandler } from './handlers';
import { evolveAddDevice, evolveQueueAlloc } from './queues';
import { collectMembers, evolveCloseGroup, evolvePark, planReport } from './report';
import {
  createIopfState,
  evolveDevice,
  type FaultHandler,
  IOPF_HANDLER,
  type IopfDevice,
  type IopfState,
} from './state';

/** A fault as the layer's own specs report it. */
export interface TestFault {
  id: number;
  groupId: number;
  pasid: number;
}

/** Fault `id` of group 7 and PASID 1. */
export function fault(id: number, overrides: Partial<TestFault> = {}): TestFault {
  return { id, groupId: 7, pasid: 1, ...overrides };
}

/** Devices 1 and 2 on queue `q`, with the layer's own handler. */
export function layer(handler: FaultHandler = IOPF_HANDLER): IopfState<TestFault> {
  const state = createIopfState<TestFault>();
  evolveQueueAlloc(state, 'q');
  for (const device of [1, 2]) {
    evolveDevice(state, device, { hasIommu: true, attached: true, canRespond: true });
    evolveAddDevice(state, 'q', device);
    evolveRegisterHandler(state, device, handler);
  }
  return state;
}

export function deviceOf(state: IopfState<TestFault>, device: number): IopfDevice<TestFault> {
  const known = state.devices.get(device);
  if (known === undefined) throw new Error(`no device ${device}`);
  return known;
}

/** Reports a fault and applies what the plan says; returns the result. */
export function report(
  state: IopfState<TestFault>,
  device: number,
  reported: TestFault,
  last: boolean,
  needsPasid = false,
): number {
  const known = deviceOf(state, device);
  const plan = planReport(known, last);
  if (plan.action === 'park') evolvePark(known, reported);
  if (plan.action === 'group') {
    const { groupId, pasid } = reported;
    const facts = { queue: 'q', groupId, pasid, hasPasid: true, needsPasid };
    evolveCloseGroup(state, known, facts, collectMembers(known, reported));
  }
  return plan.result;
}

/** Ids of the members of each group, oldest group first. */
export function groupsOf(state: IopfState<TestFault>): number[][] {
  return [...state.groups.values()].map((group) => group.members.map((member) => member.id));
}
