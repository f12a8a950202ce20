import { NO_PASID, Permission, ResponseCode } from '../../kernel/vocabulary';
import type { IommuProfile } from '../profile';
import type { HardwareCommand, PageRequestMessage } from './commands';
import type { HardwareContext } from './context';
import { findDevice } from './device-table';
import type { HardwareEvent, QueueControlled } from './events';
import { decideFault } from './fault-queue';
import { PAGE_REQUEST_MESSAGE } from './fault-record';
import { raise, raisesOnUnmask } from './interrupts';
import { judgePageRequest, type PageRequestQueueFacts, type PageRequestVerdict } from './judge-page-request';
import { failureOf } from './memory';
import { asMeant } from './message';
import type { HardwareState, PageRequestQueue, PageRequestRecord } from './state';

type ControlQueue = Extract<HardwareCommand, { kind: 'ControlQueue' }>;

/** Codes of the IOMMU's own responses on the wire: its Failure is the assigned one, 1111b, whatever a driver would send (R87). */
const AUTOMATIC_CODE = {
  [ResponseCode.SUCCESS]: 0,
  [ResponseCode.INVALID]: 1,
  [ResponseCode.FAILURE]: 15,
} as const;

/** A page request arrives: into the ring, answered, or gone (R45-R51). */
export function decidePageRequest(
  context: HardwareContext,
  state: HardwareState,
  message: PageRequestMessage,
): HardwareEvent[] {
  const request = asMeant(message);
  const found = findDevice(state, message.deviceId);
  const device = typeof found === 'string' ? undefined : found;
  const finding = typeof found === 'string' ? found : found.pri ? 'ready' : 'pri-off';
  const required = device !== undefined && device.responsePasidRequired;
  const verdict = judgePageRequest(context.rules, finding, required, queueFacts(state), request);
  if (verdict.cause === null) return queued(context.profile, state, request);
  const events: HardwareEvent[] = [{ kind: 'PageRequestRefused', message, cause: verdict.cause }];
  if (verdict.record !== null) {
    const privileged = (request.permissions & Permission.PRIVILEGED) !== 0;
    const { deviceId, pasid } = message;
    const about = { deviceId, pasid, privileged, page: 0, offset: PAGE_REQUEST_MESSAGE };
    events.push(
      ...decideFault(context, state, device, { reason: verdict.record, transaction: 'message', ...about }),
    );
  }
  if (verdict.sets !== null) {
    events.push({ kind: 'QueueFlagSet', flag: verdict.sets }, ...raise(state, 'pageRequest'));
  }
  if (verdict.answered) events.push(automaticResponse(message, verdict));
  return events;
}

function queueFacts(state: HardwareState): PageRequestQueueFacts {
  const { enabled, memoryFault, overflow, head, tail, slots } = state.queue;
  const unwritable = failureOf(state, { at: 'queue-slot', slot: tail }) !== undefined;
  return { enabled, memoryFault, overflow, full: next(tail, slots.length) === head, unwritable };
}

/** The slot after another one; the number of slots is a power of two (R41). */
function next(slot: number, slots: number): number {
  return (slot + 1) & (slots - 1);
}

function queued(profile: IommuProfile, state: HardwareState, request: PageRequestMessage): HardwareEvent[] {
  const { deviceId, pasid, page, prgIndex, last } = request;
  const permissions = profile.executeInRecord
    ? request.permissions
    : request.permissions & ~Permission.EXECUTE;
  const record: PageRequestRecord = { deviceId, pasid, page, prgIndex, last, permissions };
  return [{ kind: 'PageRequestQueued', slot: state.queue.tail, record }, ...raise(state, 'pageRequest')];
}

function automaticResponse(message: PageRequestMessage, verdict: PageRequestVerdict): HardwareEvent {
  const { deviceId, prgIndex } = message;
  const pasid = verdict.carriesPasid ? message.pasid : NO_PASID;
  return {
    kind: 'PrgResponseSent',
    deviceId,
    pasid,
    prgIndex,
    code: AUTOMATIC_CODE[verdict.code],
    origin: 'automatic',
  };
}

/** Software programs the ring; while the queue is on the write is ignored (R59). */
export function decideConfigureQueue(state: HardwareState, entries: number): HardwareEvent[] {
  return state.queue.enabled ? [] : [{ kind: 'QueueConfigured', entries }];
}

/** Software writes the control register: off to on begins anew (R58), on to off keeps everything (R57). */
export function decideControlQueue(
  context: HardwareContext,
  state: HardwareState,
  command: ControlQueue,
): HardwareEvent[] {
  const { profile } = context;
  const { queue } = state;
  const starts = command.enable && !queue.enabled;
  const clears = profile.overflowLeftBy === 'write-one' && command.clearOverflow;
  const controlled: QueueControlled = {
    kind: 'QueueControlled',
    enabled: command.enable,
    interruptEnabled: command.interruptEnable,
    overflow: queue.overflow && !starts && !clears,
    memoryFault: queue.memoryFault && !starts && !command.clearMemoryFault,
    head: starts && profile.indexesOnEnable === 'both-zeroed' ? 0 : queue.head,
    tail: starts && profile.indexesOnEnable !== 'kept' ? 0 : queue.tail,
    erased: starts && !profile.slotsKeptOnEnable,
  };
  const raises = raisesOnUnmask(profile, state, controlled);
  return raises ? [controlled, { kind: 'InterruptRaised', source: 'pageRequest' }] : [controlled];
}

/** Software writes the head; where the overflow is left that way, the same store acknowledges it (R63). */
export function decideSetHead(
  context: HardwareContext,
  state: HardwareState,
  index: number,
  acknowledge: boolean,
): HardwareEvent[] {
  const acknowledgesOverflow = acknowledge && context.profile.overflowLeftBy === 'acknowledge-with-head';
  return [{ kind: 'QueueHeadSet', head: index & (state.queue.slots.length - 1), acknowledgesOverflow }];
}

/** Software reads so many records from the head on, and moves the head behind them. */
export function decideConsume(state: HardwareState, count: number): HardwareEvent[] {
  const { head, slots } = state.queue;
  const records = Array.from({ length: count }, (_, i) => slots[(head + i) & (slots.length - 1)] ?? null);
  return [{ kind: 'RecordsConsumed', head: (head + count) & (slots.length - 1), records }];
}

/** A record was written at the tail. */
export function evolveQueued(queue: PageRequestQueue, slot: number, record: PageRequestRecord): void {
  queue.slots[slot] = record;
  queue.tail = next(slot, queue.slots.length);
}

/** The ring was programmed: its memory is new and holds zeroes. */
export function evolveConfigured(queue: PageRequestQueue, entries: number): void {
  queue.slots = new Array<PageRequestRecord | null>(entries).fill(null);
  queue.head = 0;
}

/** The control register was written. */
export function evolveControlled(queue: PageRequestQueue, event: QueueControlled): void {
  const { enabled, interruptEnabled, overflow, memoryFault, head, tail } = event;
  Object.assign(queue, { enabled, interruptEnabled, overflow, memoryFault, head, tail });
  if (event.erased) queue.slots.fill(null);
}
