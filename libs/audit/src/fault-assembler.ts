import type {
  AccessEnded,
  AccessRetried,
  FaultModel,
  FaultRefused,
  GroupDiscarded,
  GroupHandled,
  GroupQueued,
  GroupResponded,
  PageRequestDropped,
  PartialsDiscarded,
  RequestIdentity,
  RequestRecord,
  SegmentResetSeen,
  StallEnded,
} from '@faultline/domain';
import { EpochMap } from './epoch-map';
import type { FaultCode, FaultRow, FaultSettlement } from './fault-row';
import { type DecodedMessage, unitIndex } from './message';
import { type OpenFault, OpenFaults, type OpenGroup, rowOf } from './open-faults';

const SOFTWARE_CODES: readonly FaultCode[] = ['success', 'invalid', 'failure'];
const AUTOMATIC_CODES: readonly FaultCode[] = ['auto-success', 'auto-invalid', 'auto-failure'];

/** Where an event stands. */
interface Place {
  sequence: number;
  unit: number;
  epoch: number;
}

/**
 * Joins the events of a log to one row a fault: a page request, or one round of a stall.
 *
 * Feed it every message in log order. `onFault` gets a row as soon as its fault settled, or is known never to settle; memory
 * holds the open faults only. A cycle's queue messages stand before its `hw` message (D5), so a fault may first be seen as the
 * member of a group; both orders give the same row. Never throws for a log that makes no sense: judging it is the auditor's part.
 */
export class FaultAssembler {
  private readonly faults = new OpenFaults();
  private readonly groups = new EpochMap(() => new Map<number, OpenGroup>());

  constructor(private readonly onFault: (row: FaultRow) => void) {}

  /** How many faults are open. */
  get openFaults(): number {
    return this.faults.size;
  }

  /**
   * Sequence from which the log has to be read again to know everything that is open now; undefined when nothing is. Rows of
   * faults that began before it have been emitted, and may come again, perhaps with less in them.
   */
  get lowestOpenSequence(): number | undefined {
    return this.faults.lowestSequence;
  }

  /** Takes the next message of the log. */
  observe(message: DecodedMessage): void {
    const place = {
      sequence: message.sequence,
      unit: unitIndex(message.headers.unit),
      epoch: message.headers.epoch,
    };
    for (const event of message.events) this.take(event, place);
  }

  /** Rows of everything still open, oldest first, each marked incomplete. They stay open. */
  openRows(): FaultRow[] {
    return [...this.faults].map(rowOf);
  }

  /** The same at the end of the log: nothing is open afterwards. */
  finish(): FaultRow[] {
    const rows = this.openRows();
    for (const fault of [...this.faults]) this.faults.close(fault);
    return rows;
  }

  private take(event: DecodedMessage['events'][number], place: Place): void {
    switch (event.kind) {
      case 'PageRequestQueued':
        this.write(event, 'pri', place);
        break;
      case 'StallRecorded':
        this.write(event, 'stall', place);
        break;
      case 'StallDeferred':
        this.begin(event, 'stall', place);
        break;
      case 'PageRequestDropped':
        this.drop(event, place);
        break;
      case 'FaultParked':
        this.park(event);
        break;
      case 'FaultRefused':
        this.refuse(event, place);
        break;
      case 'StopMarkerDropped':
        this.forget(event);
        break;
      case 'PartialsDiscarded':
        this.discardPartials(event, place);
        break;
      case 'SegmentResetSeen':
        this.empty(event, place);
        break;
      case 'GroupQueued':
        this.queue(event, place);
        break;
      case 'GroupHandled':
        this.handle(event, place);
        break;
      case 'GroupResponded':
      case 'GroupDiscarded':
        this.answer(event, place);
        break;
      case 'StallEnded':
        this.endStall(event, place);
        break;
      case 'AccessRetried':
      case 'AccessEnded':
        this.settleAccess(event, place);
        break;
      case 'SegmentOwnerChanged':
        this.abandon(event.segment, event.epoch);
        break;
      default:
        break;
    }
  }

  /** The fault exists from here on. A further round of a stall begins with the IOMMU's retry and ends the round before. */
  private begin(record: RequestRecord, model: FaultModel, place: Place): OpenFault | undefined {
    const known = this.faults.find(record, model === 'stall' ? record.round : 0);
    if (known) return known;
    const fault = this.faults.open(record, model, place.unit, place.sequence);
    if (!fault || fault.stallRound === 0) return fault;
    // The transaction never left the IOMMU, so rounds of one stall lie end to end.
    fault.instants.sentAtMicros = record.writtenAtMicros;
    const before = this.faults.find(record, fault.stallRound - 1);
    if (before) this.settle(before, 'stalled-again', record.writtenAtMicros, place);
    return fault;
  }

  private write(record: RequestRecord, model: FaultModel, place: Place): void {
    const fault = this.begin(record, model, place);
    if (!fault) return;
    fault.instants.writtenAtMicros = record.writtenAtMicros;
    fault.sequences.written = place.sequence;
  }

  private drop(event: PageRequestDropped, place: Place): void {
    // A stop marker asks for nothing and is never answered (R46).
    if ((event.permissions & 3) === 0 && !event.answered) return;
    const fault = this.begin(event, 'pri', place);
    if (!fault) return;
    fault.sequences.written = place.sequence;
    fault.code = event.answered ? (AUTOMATIC_CODES[event.code] ?? 'auto-failure') : 'dropped';
    if (!event.answered) return;
    fault.instants.respondedAtMicros = event.writtenAtMicros;
    fault.sequences.responded = place.sequence;
  }

  private park(identity: RequestIdentity): void {
    const fault = this.faults.find(identity, 0);
    if (fault && !fault.group) fault.parked = true;
  }

  private refuse(event: FaultRefused, place: Place): void {
    const fault = this.faults.findLatest(event);
    if (!fault) return;
    fault.code = 'refused';
    fault.sequences.responded = place.sequence;
    if (event.answered) fault.instants.respondedAtMicros = event.atMicros;
    this.emitIfOver(fault);
  }

  private forget(identity: RequestIdentity): void {
    const fault = this.faults.find(identity, 0);
    if (fault) this.faults.close(fault);
  }

  /** After an overflow the devices still see the answer to the truncated group (R53); after a reset or removal nothing comes. */
  private discardPartials(event: PartialsDiscarded, place: Place): void {
    for (const fault of this.faults) {
      if (!fault.parked || fault.group || fault.iommu !== place.unit) continue;
      if (event.device !== -1 && fault.record.device !== event.device) continue;
      fault.code = 'discarded';
      fault.sequences.responded = place.sequence;
      if (event.cause !== 'overflow') fault.abandoned = true;
      this.emitIfOver(fault);
    }
  }

  /** The rings are empty of the segment's old epoch (D9). What it had in groups and stalls ends with events of its own. */
  private empty(event: SegmentResetSeen, place: Place): void {
    for (const fault of this.faults) {
      const { segment, segmentEpoch } = fault.record;
      if (segment !== event.segment || segmentEpoch >= event.segmentEpoch || fault.iommu !== place.unit)
        continue;
      if (fault.group || fault.model === 'stall') continue;
      fault.code ??= 'discarded';
      fault.abandoned = true;
      fault.sequences.responded ??= place.sequence;
      this.emitIfOver(fault);
    }
  }

  private queue(event: GroupQueued, place: Place): void {
    const group: OpenGroup = {
      iommu: place.unit,
      epoch: place.epoch,
      group: event.group,
      queue: event.queue,
      members: [],
      handled: undefined,
    };
    for (const record of event.members) {
      const fault = this.begin(record, event.model, place);
      group.members.push(fault);
      if (!fault) continue;
      fault.group = group;
      fault.parked = false;
      fault.sequences.queued = place.sequence;
      fault.instants.queuedAtMicros = event.queuedAtMicros;
      fault.instants.writtenAtMicros = record.writtenAtMicros;
    }
    this.groups.get(place.unit, place.epoch).set(event.group, group);
  }

  /** The first result is the one the IOMMU admits (D1). */
  private handle(event: GroupHandled, place: Place): void {
    const group = this.groups.peek(event.iommu, event.epoch)?.get(event.group);
    if (!group || group.handled) return;
    group.handled = event;
    group.members.forEach((fault, position) => {
      if (!fault) return;
      fault.sequences.handled = place.sequence;
      fault.instants.startedAtMicros = event.startedAtMicros;
      fault.instants.handlingAtMicros = event.handlingAtMicros;
      fault.instants.handledAtMicros = event.handledAtMicros;
      fault.resolution = event.members[position]?.resolution ?? null;
      fault.error = event.members[position]?.error ?? null;
    });
  }

  private answer(event: GroupResponded | GroupDiscarded, place: Place): void {
    const groups = this.groups.peek(place.unit, event.groupEpoch);
    const group = groups?.get(event.group);
    if (!group) return;
    groups?.delete(event.group);
    for (const fault of group.members) {
      if (!fault) continue;
      fault.sequences.responded = place.sequence;
      if (event.kind === 'GroupResponded') {
        fault.code = SOFTWARE_CODES[event.code] ?? 'failure';
        fault.instants.respondedAtMicros = event.respondedAtMicros;
      } else {
        fault.code = 'discarded';
        // The device is gone or has forgotten it; a group that only misses its PASID leaves a device that waits.
        if (event.cause !== 'needs-pasid') fault.abandoned = true;
      }
      this.emitIfOver(fault);
    }
  }

  private endStall(event: StallEnded, place: Place): void {
    const fault = this.faults.findLatest(event);
    if (!fault) return;
    fault.code ??= 'unrecorded';
    this.settle(fault, event.outcome, event.endedAtMicros, place);
  }

  /** A stalled access is settled by its IOMMU, before the device hears of it. */
  private settleAccess(event: AccessRetried | AccessEnded, place: Place): void {
    const fault = this.faults.find(
      { segment: place.unit, segmentEpoch: place.epoch, request: event.request },
      0,
    );
    if (!fault || fault.model === 'stall') return;
    fault.access = event.access;
    fault.instants.receivedAtMicros = event.receivedAtMicros;
    fault.code ??= 'unanswered';
    if (event.kind === 'AccessRetried') this.settle(fault, 'retried', event.retriedAtMicros, place);
    else this.settle(fault, event.outcome, event.endedAtMicros, place);
  }

  private abandon(segment: number, epoch: number): void {
    for (const fault of this.faults) {
      if (fault.record.segment !== segment || fault.record.segmentEpoch >= epoch) continue;
      fault.abandoned = true;
      this.emitIfOver(fault);
    }
  }

  private settle(fault: OpenFault, settlement: FaultSettlement, atMicros: number, place: Place): void {
    fault.settlement = settlement;
    fault.instants.settledAtMicros = atMicros;
    fault.sequences.settled = place.sequence;
    this.emitIfOver(fault);
  }

  /** A stall's next round may be told before the answer to this one, which its `hw` message brings. */
  private emitIfOver(fault: OpenFault): void {
    const over = fault.settlement !== undefined || fault.abandoned;
    if (!over || fault.code === undefined) return;
    this.faults.close(fault);
    this.onFault(rowOf(fault));
  }
}
