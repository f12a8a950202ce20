import type { RequestRecord } from './events';
import type { RequestIdentity } from '../kernel/vocabulary';

/** A bounded queue of records between IOMMU and driver: hardware writes at the tail, software moves the head (R41). */
export interface RecordRing {
  slots: (RequestRecord | null)[];
  head: number;
  tail: number;
  /** A message found the ring full; sticky until software clears it (R50, R51). Never set for stalls (R39). */
  overflow: boolean;
}

/** An empty ring of `entries` slots, a power of two. */
export function createRing(entries: number): RecordRing {
  return { slots: new Array<RequestRecord | null>(entries).fill(null), head: 0, tail: 0, overflow: false };
}

/** Records software can read. */
export function ringCount(ring: RecordRing): number {
  return (ring.tail - ring.head) & (ring.slots.length - 1);
}

/** Records the ring can hold: one less than it has slots (R41). */
export function ringCapacity(ring: RecordRing): number {
  return ring.slots.length - 1;
}

/** The oldest record. */
export function ringHead(ring: RecordRing): RequestRecord | null {
  return ring.slots[ring.head] ?? null;
}

/** Writes a record. The decider has seen that there is room; without, the log is broken. */
export function evolvePush(ring: RecordRing, record: RequestRecord): void {
  const next = (ring.tail + 1) & (ring.slots.length - 1);
  if (next === ring.head)
    throw new Error(`a record was written to a full ring of ${ring.slots.length} slots`);
  ring.slots[ring.tail] = record;
  ring.tail = next;
}

/** Consumes the oldest record. */
export function evolvePop(ring: RecordRing): void {
  ring.slots[ring.head] = null;
  ring.head = (ring.head + 1) & (ring.slots.length - 1);
}

/** The records, oldest first. */
export function recordsOf(ring: RecordRing): RequestRecord[] {
  const records: RequestRecord[] = [];
  for (let slot = ring.head; slot !== ring.tail; slot = (slot + 1) & (ring.slots.length - 1)) {
    const record = ring.slots[slot];
    if (record) records.push(record);
  }
  return records;
}

/** Keeps only some records, in their order. Hardware cannot do this; a segment reset and an adopted group need it (D5, D9). */
export function evolveKeep(ring: RecordRing, keep: (record: RequestRecord) => boolean): void {
  const kept = recordsOf(ring).filter(keep);
  ring.slots.fill(null);
  ring.head = 0;
  ring.tail = kept.length;
  for (let i = 0; i < kept.length; i += 1) ring.slots[i] = kept[i] ?? null;
}

/** Whether two requests are the same one (D1). */
export function sameRequest(one: RequestIdentity, other: RequestIdentity): boolean {
  return (
    one.request === other.request && one.segmentEpoch === other.segmentEpoch && one.segment === other.segment
  );
}

/** The record of an event that carries one, without the event's own fields. */
export function recordOf(event: RequestRecord): RequestRecord {
  return {
    segment: event.segment,
    segmentEpoch: event.segmentEpoch,
    request: event.request,
    device: event.device,
    pasid: event.pasid,
    generation: event.generation,
    page: event.page,
    offset: event.offset,
    permissions: event.permissions,
    groupId: event.groupId,
    last: event.last,
    round: event.round,
    sentAtMicros: event.sentAtMicros,
    writtenAtMicros: event.writtenAtMicros,
  };
}
