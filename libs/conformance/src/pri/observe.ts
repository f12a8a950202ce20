import {
  type FaultRecord,
  type HardwareEvent,
  type HardwareState,
  findLeaf,
  type FirstStage,
  invalidationPayload,
  NO_PASID,
  PAGE_BYTES,
  type PageRequestRecord,
  Permission,
  tagsInUse,
} from '@faultline/domain';
import { pasidOf, splitAddress } from './commands';
import type { Fields, PriStep } from './format';

/** What can be seen of a step, in the words of the format; addresses are big integers, empty lists are absent. */
export function observe(
  events: readonly HardwareEvent[],
  step: PriStep,
  state: HardwareState,
  firstStage: FirstStage,
): Fields {
  const out: Record<string, unknown> = {};
  for (const event of events) observeEvent(out, event);
  if (step.op === 'translationRequest') {
    const leaf = leafAfter(state, step, firstStage);
    if (leaf !== undefined) out['leafAfter'] = leaf;
  }
  return out;
}

function observeEvent(out: Record<string, unknown>, event: HardwareEvent): void {
  switch (event.kind) {
    case 'PageRequestQueued':
      out['disposition'] = 'queued';
      return append(out, 'queued', { slot: event.slot, ...recordFields(event.record) });
    case 'PageRequestRefused':
      out['disposition'] = 'discarded';
      return;
    case 'PrgResponseSent':
      if (event.origin === 'automatic') out['disposition'] = 'answered';
      return append(out, 'responses', {
        deviceId: event.deviceId,
        pasid: pasidField(event.pasid),
        prgIndex: event.prgIndex,
        code: event.code,
      });
    case 'FaultRecorded':
      return append(out, 'faultRecords', faultFields(event.record));
    case 'RecordsConsumed':
      for (const record of event.records) append(out, 'records', recordFields(record ?? EMPTY_RECORD));
      return;
    case 'TranslationAnswered':
      out['completion'] = completionFields(event);
      return;
    case 'UntranslatedAccessAnswered':
      out['completion'] =
        event.status === 'success'
          ? { status: event.status, ...rangeFields(event) }
          : { status: event.status };
      return;
    case 'InvalidationSent': {
      const { deviceId, pasid } = event.invalidation;
      const payload = invalidationPayload(event.invalidation);
      return append(out, 'invalidateRequests', {
        tag: event.tag,
        deviceId,
        pasid: pasidField(pasid),
        payload,
      });
    }
    case 'InvalidationCompletionReceived':
      out['result'] = event.result;
      return;
    case 'AccessesOrdered':
      return append(out, 'ordering', { reads: event.reads, writes: event.writes });
    case 'FenceWritten':
      return append(out, 'fenceWrites', { slot: event.slot, data: event.data });
    default:
      // Seen in the status, or nowhere.
      return;
  }
}

function append(out: Record<string, unknown>, list: string, item: Fields): void {
  const items = out[list];
  if (Array.isArray(items)) items.push(item);
  else out[list] = [item];
}

/** What a slot that was never written reads as. */
const EMPTY_RECORD: PageRequestRecord = {
  deviceId: 0,
  pasid: NO_PASID,
  page: 0,
  prgIndex: 0,
  last: false,
  permissions: 0,
};

function recordFields({ deviceId, pasid, page, prgIndex, last, permissions }: PageRequestRecord): Fields {
  return {
    deviceId,
    pasid: pasidField(pasid),
    privileged: has(permissions, Permission.PRIVILEGED),
    execute: has(permissions, Permission.EXECUTE),
    address: addressOf(page, 0),
    prgIndex,
    last,
    read: has(permissions, Permission.READ),
    write: has(permissions, Permission.WRITE),
  };
}

function faultFields({
  reason,
  transaction,
  deviceId,
  pasid,
  privileged,
  page,
  offset,
}: FaultRecord): Fields {
  return {
    reason,
    transaction,
    deviceId,
    pasid: pasidField(pasid),
    privileged,
    value: addressOf(page, offset),
  };
}

type Completion = Extract<HardwareEvent, { kind: 'TranslationAnswered' }>;

function completionFields(event: Completion): Fields {
  const { status, permissions, global } = event;
  if (status !== 'success') return { status };
  const read = has(permissions, Permission.READ);
  const write = has(permissions, Permission.WRITE);
  return {
    status,
    read,
    write,
    execute: has(permissions, Permission.EXECUTE),
    privileged: has(permissions, Permission.PRIVILEGED),
    untranslatedOnly: false,
    global,
    ...(read || write ? rangeFields(event) : {}),
  };
}

function rangeFields({ frame, pages }: { frame: number; pages: number }): Fields {
  return { size: pages * PAGE_BYTES, translated: addressOf(frame, 0) };
}

/** The leaf of the table that the request names, which need not be the table that was walked. */
function leafAfter(
  state: HardwareState,
  step: Extract<PriStep, { op: 'translationRequest' }>,
  firstStage: FirstStage,
): Fields | undefined {
  const entry = state.spaces.get(step.in.deviceId)?.get(pasidOf(step.in.pasid));
  const leaf = entry && findLeaf(firstStage, entry.table, splitAddress(step.in.address).page);
  return leaf && { accessed: leaf.accessed, dirty: leaf.dirty };
}

/** The status in the words of the format: every key of it. */
export function statusOf({ queue, pending, commands }: HardwareState): Fields {
  return {
    queueEnabled: queue.enabled,
    queueActive: queue.enabled,
    queueInterruptEnabled: queue.interruptEnabled,
    queueOverflow: queue.overflow,
    queueMemoryFault: queue.memoryFault,
    queueHead: queue.head,
    queueTail: queue.tail,
    queueEntries: queue.slots.length,
    irqPageRequest: pending.pageRequest,
    irqFault: pending.fault,
    irqCommand: pending.command,
    fenceWaiting: commands.fenceWaiting,
    waitingForTag: commands.untagged !== null,
    tagsInUse: tagsInUse(commands.tags),
    commandTimeout: commands.flags.timeout,
    commandIllegal: commands.flags.illegal,
    commandMemoryFault: commands.flags.memoryFault,
  };
}

function has(permissions: number, permission: number): boolean {
  return (permissions & permission) !== 0;
}

function pasidField(pasid: number): number | null {
  return pasid === NO_PASID ? null : pasid;
}

function addressOf(page: number, offset: number): bigint {
  return (BigInt(page) << 12n) | BigInt(offset);
}
