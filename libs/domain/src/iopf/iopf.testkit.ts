import { NO_PASID } from '../kernel/vocabulary';
import { evolveAttach } from './attachments';
import type { Allocation, AllocationCheck } from './errno';
import type { IopfGeneration } from './generation';
import { evolveRegisterHandler } from './handlers';
import { G1 } from './kernels';
import { evolveAddDevice, evolveQueueAlloc } from './queues';
import { collectMembers, evolveCloseGroup, evolvePark } from './report';
import {
  createIopfState,
  evolveDevice,
  type FaultHandler,
  IOPF_HANDLER,
  type IopfDevice,
  type IopfGroup,
  type IopfState,
  NO_SPACE,
} from './state';

/** A fault as the layer's own specs report it. */
export interface TestFault {
  id: number;
  groupId: number;
  /** `NO_PASID` for none. */
  pasid: number;
}

/** Fault `id` of group 7 and PASID 1. */
export function fault(id: number, overrides: Partial<TestFault> = {}): TestFault {
  return { id, groupId: 7, pasid: 1, ...overrides };
}

/** A foreign handler that takes every fault, and one that refuses them all. */
export const HOLDER: FaultHandler = { kind: 'foreign', returns: 0 };
export const REFUSER: FaultHandler = { kind: 'foreign', returns: -5 };

/** Devices 1 and 2 on queue `q`, with this handler for the devices and for their PASID 1, which is that of space 40. */
export function layer(handler: FaultHandler = IOPF_HANDLER): IopfState<TestFault> {
  const state = createIopfState<TestFault>();
  evolveQueueAlloc(state, 'q');
  for (const device of [1, 2]) {
    evolveDevice(state, device, { hasIommu: true, attached: true, canRespond: true });
    evolveAddDevice(state, 'q', device);
    evolveRegisterHandler(state, device, handler);
    const space = handler === IOPF_HANDLER ? 40 : NO_SPACE;
    evolveAttach(state, device, 1, { handler, nested: false, space, users: 1 });
  }
  return state;
}

export function deviceOf(state: IopfState<TestFault>, device: number): IopfDevice<TestFault> {
  const known = state.devices.get(device);
  if (known === undefined) throw new Error(`no device ${device}`);
  return known;
}

export function groupOf(state: IopfState<TestFault>, serial: number): IopfGroup<TestFault> {
  const group = state.groups.get(serial);
  if (group === undefined) throw new Error(`no group ${serial}`);
  return group;
}

/** Fails one allocation and notes all that were asked for. */
export function failing(allocation: Allocation): AllocationCheck & { asked: Allocation[] } {
  const asked: Allocation[] = [];
  const check = (reached: Allocation): boolean => {
    asked.push(reached);
    return reached === allocation;
  };
  return Object.assign(check, { asked });
}

/** Reports a fault and applies what the plan says; returns the result. */
export function report(
  state: IopfState<TestFault>,
  device: number,
  reported: TestFault,
  last: boolean,
  { needsPasid = false, generation = G1 }: { needsPasid?: boolean; generation?: IopfGeneration } = {},
): number {
  const known = deviceOf(state, device);
  const { groupId, pasid } = reported;
  const plan = generation.planReport(state, known, last, pasid);
  if (plan.action === 'park') evolvePark(known, reported);
  if (plan.action === 'group' || plan.action === 'hold') {
    const queue = plan.action === 'group' ? known.queue : null;
    const space = generation.groupSpace(state, known, pasid);
    const facts = { queue, groupId, pasid, hasPasid: pasid !== NO_PASID, needsPasid, space };
    evolveCloseGroup(state, known, facts, collectMembers(known, reported));
  }
  return plan.result;
}

/** Ids of the members of each group, oldest group first. */
export function groupsOf(state: IopfState<TestFault>): number[][] {
  return [...state.groups.values()].map((group) => group.members.map((member) => member.id));
}
