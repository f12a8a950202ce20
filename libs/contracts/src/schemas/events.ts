import type { AccessRange, DurableSegmentEvent, IopfEvent, MmEvent } from '@faultline/domain';
import {
  bool,
  f64,
  json,
  layout,
  list,
  micros,
  offset,
  oneOf,
  page,
  pasid,
  record,
  Schema,
  text,
  u16,
  u32,
  u8,
} from '../codec';
import { memberResult, responseCode, shardPosition } from './parts';

/** The page after the last of a range: one more than the largest page number. */
const pageEnd = f64;

type MmRecord<K extends MmEvent['kind']> = Extract<MmEvent, { kind: K }>;
type SegmentRecord<K extends DurableSegmentEvent['kind']> = Extract<DurableSegmentEvent, { kind: K }>;

/** `<lab>.log.iopf.<iommu>`: results of groups. Several workers write it; the IOMMU admits one result a group (D1). */
export const iopfSchema = new Schema<IopfEvent>({
  name: 'iopf',
  versions: {
    1: [
      record<IopfEvent>('GroupHandled', 1, {
        iommu: u16,
        epoch: u32,
        group: u32,
        device: u32,
        code: responseCode,
        startedAtMicros: micros,
        handlingAtMicros: micros,
        handledAtMicros: micros,
        members: list(memberResult),
        positions: list(shardPosition),
      }),
    ],
  },
});

/** `<lab>.log.mm.<shard>`: address spaces, pages and frames of a shard. */
export const mmSchema = new Schema<MmEvent>({
  name: 'mm',
  versions: {
    1: [
      record<MmRecord<'MmOwnerChanged'>>('MmOwnerChanged', 1, { shard: u16, epoch: u32 }),
      record<MmRecord<'AddressSpaceCreated'>>('AddressSpaceCreated', 2, { mm: u32 }),
      record<MmRecord<'AddressSpaceExited'>>('AddressSpaceExited', 3, { mm: u32 }),
      record<MmRecord<'VmaMapped'>>('VmaMapped', 4, {
        mm: u32,
        start: page,
        end: pageEnd,
        permissions: u8,
        backing: oneOf(['anonymous', 'file-shared', 'file-private']),
        file: u32,
        filePage: page,
      }),
      record<MmRecord<'VmaUnmapped'>>('VmaUnmapped', 5, { mm: u32, start: page, end: pageEnd }),
      record<MmRecord<'MmPasidBound'>>('MmPasidBound', 6, {
        pasid,
        mm: u32,
        generation: u32,
        replaces: bool,
      }),
      record<MmRecord<'MmPasidUnbound'>>('MmPasidUnbound', 7, { pasid, generation: u32 }),
      record<MmRecord<'PageInstalled'>>('PageInstalled', 8, {
        mm: u32,
        page,
        frame: page,
        permissions: u8,
        cause: oneOf(['zero-page', 'zero-fill', 'file', 'copy-on-write', 'upgrade', 'swap-in', 'migrate']),
        major: bool,
        prefetched: bool,
      }),
      record<MmRecord<'PageRemoved'>>('PageRemoved', 9, {
        mm: u32,
        page,
        frame: page,
        cause: oneOf(['reclaim', 'unmap', 'copy-on-write', 'exit', 'migrate']),
        swapped: bool,
      }),
      record<MmRecord<'FrameFreed'>>('FrameFreed', 10, { frame: page, mm: u32, page }),
      record<MmRecord<'PageInvalidated'>>('PageInvalidated', 11, { mm: u32, page, frame: page }),
      record<MmRecord<'VmaProtected'>>('VmaProtected', 12, {
        mm: u32,
        start: page,
        end: pageEnd,
        permissions: u8,
      }),
      record<MmRecord<'PageRestricted'>>('PageRestricted', 13, {
        mm: u32,
        page,
        frame: page,
        permissions: u8,
      }),
    ],
  },
});

const accessRange = layout<AccessRange>({ first: u32, count: u32 });

/** `<lab>.log.segment.<segment>`: what became of the devices' accesses. */
export const segmentSchema = new Schema<DurableSegmentEvent>({
  name: 'segment',
  versions: {
    1: [
      record<SegmentRecord<'SegmentOwnerChanged'>>('SegmentOwnerChanged', 1, { segment: u16, epoch: u32 }),
      record<SegmentRecord<'DeviceReset'>>('DeviceReset', 2, {
        device: u32,
        epoch: u32,
        request: u32,
      }),
      record<SegmentRecord<'AccessesHit'>>('AccessesHit', 3, {
        device: u32,
        atcHits: u32,
        translated: u32,
        ranges: list(accessRange),
        atMicros: micros,
      }),
      record<SegmentRecord<'AccessRetried'>>('AccessRetried', 4, {
        device: u32,
        access: u32,
        request: u32,
        receivedAtMicros: micros,
        retriedAtMicros: micros,
      }),
      record<SegmentRecord<'AccessEnded'>>('AccessEnded', 5, {
        device: u32,
        access: u32,
        pasid,
        page,
        offset,
        permissions: u8,
        outcome: oneOf(['completed', 'invalid', 'failure', 'refused', 'removed']),
        rounds: u16,
        request: u32,
        intendedAtMicros: micros,
        startedAtMicros: micros,
        receivedAtMicros: micros,
        endedAtMicros: micros,
      }),
      record<SegmentRecord<'ResponseUnexpected'>>('ResponseUnexpected', 6, {
        device: u32,
        groupId: u16,
        code: responseCode,
      }),
      record<SegmentRecord<'PriInterfaceFailed'>>('PriInterfaceFailed', 7, { device: u32, lost: u32 }),
      record<SegmentRecord<'DeviceRemoved'>>('DeviceRemoved', 8, { device: u32, lost: u32 }),
      record<SegmentRecord<'DeviceHung'>>('DeviceHung', 9, { device: u32 }),
      record<SegmentRecord<'AccessesWithdrawn'>>('AccessesWithdrawn', 10, {
        device: u32,
        ranges: list(accessRange),
      }),
      record<SegmentRecord<'PasidStopped'>>('PasidStopped', 11, { device: u32, pasid }),
      record<SegmentRecord<'PasidStarted'>>('PasidStarted', 12, { device: u32, pasid }),
      record<SegmentRecord<'WorkBegun'>>('WorkBegun', 13, { mm: u32, atMicros: micros }),
      record<SegmentRecord<'WorkHalted'>>('WorkHalted', 14, {}),
    ],
  },
});

/** The laboratory's own events: they make the log readable without anything beside it. */
export type LabEvent =
  /** First message of a run: the whole scenario, resolved, as it is run. */
  | { kind: 'ScenarioLoaded'; run: string; scenario: unknown; atMicros: number }
  /** Every workload is done and everything has drained. */
  | { kind: 'RunEnded'; run: string; reason: 'finished' | 'stopped' | 'failed'; atMicros: number };

/** `<lab>.log.lab`. */
export const labSchema = new Schema<LabEvent>({
  name: 'lab',
  versions: {
    1: [
      record<Extract<LabEvent, { kind: 'ScenarioLoaded' }>>('ScenarioLoaded', 1, {
        run: text,
        scenario: json,
        atMicros: micros,
      }),
      record<Extract<LabEvent, { kind: 'RunEnded' }>>('RunEnded', 2, {
        run: text,
        reason: oneOf(['finished', 'stopped', 'failed']),
        atMicros: micros,
      }),
    ],
  },
});
