import { Permission, ResponseCode } from '../kernel/vocabulary';
import type { IommuCommand } from './commands';
import { answeredInvalid, faultRefused, partialsDiscarded, stallAborted } from './endings';
import type { IommuEvent, RequestRecord, StepOutcome, TeardownStep } from './events';
import { decideFence } from './fence';
import { concernsBinding, findTeardown, isDrained, openStalls, ringRecords } from './queries';
import { sameRequest } from './ring';
import type { IommuState, Teardown } from './state';

type CommandOf<Kind extends IommuCommand['kind']> = Extract<IommuCommand, { kind: Kind }>;

const NOTHING: readonly IommuEvent[] = [];
const READ_OR_WRITE = Permission.READ | Permission.WRITE;

/** Whether a teardown is under way, so that the host has to apply `StepTeardowns` at the end of each turn. */
export function hasTeardowns(state: IommuState): boolean {
  return state.durable.teardowns.length > 0;
}

/** A binding begins to be taken apart; the device is asked to stop first (R94, R95). What is not bound has nothing to take apart. */
export function decideBeginTeardown(
  state: IommuState,
  command: CommandOf<'BeginTeardown'>,
  nowMicros: number,
): readonly IommuEvent[] {
  const { device, pasid, cause } = command;
  const bound = state.durable.devices.get(device)?.bindings.get(pasid);
  if (bound === undefined || findTeardown(state, device, pasid) !== undefined) return NOTHING;
  const { generation } = bound;
  return [{ kind: 'TeardownBegun', device, pasid, generation, cause, atMicros: nowMicros }];
}

/**
 * A step ended outside, or its deadline came. What comes for a step that is over, or for an older use of the PASID, is late and
 * means nothing. After a deadline force is used, so that the teardown goes on: a device that does not stop or does not answer
 * invalidations is cut off, groups that nobody handles are answered INVALID.
 */
export function decideFinishStep(
  state: IommuState,
  command: CommandOf<'FinishTeardownStep'>,
  nowMicros: number,
): readonly IommuEvent[] {
  const { device, pasid, generation, step, outcome } = command;
  const teardown = findTeardown(state, device, pasid);
  if (teardown === undefined || teardown.generation !== generation || teardown.step !== step) return NOTHING;
  if (outcome === 'done' && !canBeDone(state, step)) return NOTHING;
  const forced = outcome === 'expired' ? force(state, teardown, step, nowMicros) : NOTHING;
  const unbound = step === 'stop' ? unbind(state, teardown) : NOTHING;
  return [...forced, stepped(teardown, step, outcome, nowMicros), ...unbound];
}

/** The PASID entry is not present any more: translations miss, and later page requests have generation 0 (R95 step 2, R98). */
function unbind(state: IommuState, { device, pasid, generation }: Teardown): readonly IommuEvent[] {
  const isBound = state.durable.devices.get(device)?.bindings.has(pasid) === true;
  return isBound ? [{ kind: 'PasidUnbound', device, pasid, generation }] : NOTHING;
}

/** When the ring is drained and the queue flushed the IOMMU sees itself. A fence that was sent while requests were being lost is repeated. */
function canBeDone(state: IommuState, step: TeardownStep): boolean {
  if (step === 'drain' || step === 'flush') return false;
  return step !== 'fence' || !state.durable.pri.overflow;
}

function stepped(
  { device, pasid, generation }: Teardown,
  step: TeardownStep,
  outcome: StepOutcome,
  nowMicros: number,
): IommuEvent {
  return { kind: 'TeardownStepped', device, pasid, generation, step, outcome, atMicros: nowMicros };
}

function force(
  state: IommuState,
  { device, pasid }: Teardown,
  step: TeardownStep,
  nowMicros: number,
): readonly IommuEvent[] {
  if (step === 'stop') return decideFence(state, device, 'stop-timeout', nowMicros);
  if (step === 'invalidate' || step === 'fence')
    return decideFence(state, device, 'invalidation-timeout', nowMicros);
  const answered = answerAll(state, concernsBinding(device, pasid), nowMicros);
  return step === 'flush' ? [...answered, ...dropPartialsOf(state, device, pasid)] : answered;
}

/** Partial lists lose what they have of the PASID, so that it cannot get into a group of the next use (R99). */
function dropPartialsOf(state: IommuState, device: number, pasid: number): IommuEvent[] {
  const partial = state.durable.iopf.devices.get(device)?.partial ?? [];
  const { length } = partial.filter(concernsBinding(device, pasid));
  return length === 0 ? [] : [partialsDiscarded(device, length, 'teardown', pasid)];
}

/**
 * Everything of the binding that a worker or the driver would still have answered is answered INVALID, never dropped (R98). A stop
 * marker is never answered (R23), and of a held transaction its end is the answer.
 */
function answerAll(
  state: IommuState,
  concerns: (record: RequestRecord) => boolean,
  nowMicros: number,
): IommuEvent[] {
  const events: IommuEvent[] = [];
  const stalls = openStalls(state).filter(concerns);
  for (const record of ringRecords(state).filter(concerns)) {
    const stalled = stalls.some((stall) => sameRequest(stall, record));
    const device = state.durable.devices.get(record.device);
    const answered = record.last && (record.permissions & READ_OR_WRITE) !== 0 && !stalled;
    events.push(faultRefused(device, record, 'not-bound', answered, ResponseCode.INVALID, nowMicros));
  }
  for (const group of state.durable.iopf.groups.values()) {
    if (group.members.some(concerns)) events.push(...answeredInvalid(state, group, 'teardown', nowMicros));
  }
  const ended = (stall: RequestRecord): boolean =>
    events.some((event) => event.kind === 'StallEnded' && sameRequest(event, stall));
  for (const stall of stalls)
    if (!ended(stall)) events.push(stallAborted(stall, nowMicros, ResponseCode.INVALID));
  return events;
}

/**
 * The steps that need nothing from outside: the ring is drained when no record names the PASID (R96) and no overflow waits for its
 * recovery, the queue is flushed when no group and no held transaction has any member of it (D2, R97); partial lists lose what
 * they have of it then (R99).
 */
export function decideStepTeardowns(state: IommuState, nowMicros: number): readonly IommuEvent[] {
  return state.durable.teardowns.flatMap((teardown) => stepsOf(state, teardown, nowMicros));
}

function stepsOf(state: IommuState, teardown: Teardown, nowMicros: number): IommuEvent[] {
  const { device, pasid, generation, step } = teardown;
  if (step === 'stop') return [];
  if (step === null) return [{ kind: 'PasidDrained', device, pasid, generation, atMicros: nowMicros }];
  // An owner that died in the middle of its message may have left the PASID entry.
  const events = [...unbind(state, teardown)];
  if (step !== 'drain' && step !== 'flush') return events;
  const concerns = concernsBinding(device, pasid);
  if (step === 'drain') {
    if (state.durable.pri.overflow || ringRecords(state).some(concerns)) return events;
    events.push(stepped(teardown, 'drain', 'done', nowMicros));
  }
  if (!isDrained(state, device, pasid)) return events;
  return [...events, ...dropPartialsOf(state, device, pasid), stepped(teardown, 'flush', 'done', nowMicros)];
}
