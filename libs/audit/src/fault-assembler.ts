import {
  type AccessEnded,
  type AccessRetried,
  type DeviceReset,
  EVERY_PASID,
  type FaultModel,
  type FaultRefused,
  type PageRequestDropped,
  type PartialsDiscarded,
  type RequestIdentity,
  type RequestRecord,
  type SegmentResetSeen,
  type StallEnded,
} from '@faultline/domain';
import { asksForNothing, FaultGroups, type Place } from './fault-groups';
import type { FaultCode, FaultRow, FaultSettlement } from './fault-row';
import { type DecodedMessage, unitIndex } from './message';
import { type OpenFault, OpenFaults, rowOf } from './open-faults';

const AUTOMATIC_CODES: readonly FaultCode[] = ['auto-success', 'auto-invalid', 'auto-failure'];

/**
 * Joins the events of a log to one row a fault: a page request, or one round of a stall.
 *
 * Feed it every message in log order. `onFault` gets a fault as soon as it settled, or is known never to settle; memory
 * holds the open faults only. A cycle's queue messages stand before its `hw` message (D5), so a fault may first be seen as the
 * member of a group; both orders give the same row. Never throws for a log that makes no sense: judging it is the auditor's part.
 */
export class FaultAssembler {
  private readonly faults = new OpenFaults();
  private readonly groups = new FaultGroups(
    this.faults,
    (record, model, place) => this.begin(record, model, place),
    (fault) => this.emitIfOver(fault),
  );
  /** Devices that vanished: whatever they are answered, they settle nothing (R104). */
  private readonly gone = new Set<number>();
  /** The last reset of each device: it may be told before what the IOMMU had from before it, which was away meanwhile. */
  private readonly resets = new Map<number, Pick<DeviceReset, 'epoch' | 'request'>>();
  /** Newest epoch of each segment: what devices sent before it is forgotten, whenever an IOMMU writes it (D9). */
  private readonly segmentEpochs = new Map<number, number>();

  /** @param onFault gets what is to be made a row of with `rowOf`; it does not change any more */
  constructor(private readonly onFault: (fault: OpenFault) => void) {}

  /** How many faults are open. */
  get openFaults(): number {
    return this.faults.size;
  }

  /** The same by device. */
  openByDevice(): Map<number, number> {
    const open = new Map<number, number>();
    for (const { record } of this.faults.list()) open.set(record.device, (open.get(record.device) ?? 0) + 1);
    return open;
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
    return this.faults.list().map((fault) => rowOf(fault));
  }

  /** The same at the end of the log: nothing is open afterwards. */
  finish(): FaultRow[] {
    const rows = this.openRows();
    for (const fault of this.faults.list()) this.faults.close(fault);
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
      case 'GroupHeld':
        this.groups.hold(event, place);
        break;
      case 'GroupQueued':
        this.groups.queue(event, place);
        break;
      case 'GroupHandled':
        this.groups.handle(event, place);
        break;
      case 'GroupResponded':
      case 'GroupDiscarded':
        this.groups.answer(event, place);
        break;
      case 'StallEnded':
        this.endStall(event, place);
        break;
      case 'AccessRetried':
      case 'AccessEnded':
        this.settleAccess(event, place);
        break;
      case 'SegmentOwnerChanged':
        this.hear(event.segment, event.epoch);
        break;
      case 'DeviceReset':
        this.resetDevice(event);
        break;
      case 'DeviceRemoved':
        this.gone.add(event.device);
        for (const fault of this.faults.list())
          if (fault.record.device === event.device) this.emitIfOver(fault);
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
    if (fault && this.isForgotten(record, model)) fault.abandoned = true;
    if (!fault || fault.stallRound === 0) return fault;
    // The transaction never left the IOMMU, so rounds of one stall lie end to end.
    fault.instants.sentAtMicros = record.writtenAtMicros;
    const before = this.faults.find(record, fault.stallRound - 1);
    if (before) this.settle(before, 'stalled-again', record.writtenAtMicros, place);
    return fault;
  }

  /** Whether its device was reset after it had sent it, alone (R21, R142) or with its segment (D9). */
  private isForgotten({ segment, segmentEpoch, device, request }: RequestRecord, model: FaultModel): boolean {
    if (segmentEpoch < (this.segmentEpochs.get(segment) ?? 0)) return true;
    const reset = this.resets.get(device);
    return model === 'pri' && reset?.epoch === segmentEpoch && request < reset.request;
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
    // Sent before the reset that cut it off: the device has forgotten it.
    if (event.cause === 'fenced') fault.abandoned = true;
    if (event.answered) {
      fault.instants.respondedAtMicros = event.writtenAtMicros;
      fault.sequences.responded = place.sequence;
    }
    this.emitIfOver(fault);
  }

  private park(identity: RequestIdentity): void {
    const fault = this.faults.find(identity, 0);
    if (fault) this.groups.park(fault);
  }

  private refuse(event: FaultRefused, place: Place): void {
    const fault = this.faults.findLatest(event);
    if (!fault) return;
    fault.code = 'refused';
    fault.sequences.responded = place.sequence;
    if (event.answered) fault.instants.respondedAtMicros = event.atMicros;
    if (event.reason === 'fenced' || asksForNothing(fault)) fault.abandoned = true;
    this.emitIfOver(fault);
  }

  private forget(identity: RequestIdentity): void {
    const fault = this.faults.find(identity, 0);
    if (fault) this.faults.close(fault);
  }

  /** After an overflow the devices still see the answer to the truncated group (R53); after anything else nothing comes. */
  private discardPartials(event: PartialsDiscarded, place: Place): void {
    for (const fault of this.faults.list()) {
      if (!fault.parked || fault.group || fault.iommu !== place.unit) continue;
      if (event.device !== -1 && fault.record.device !== event.device) continue;
      if (event.pasid !== EVERY_PASID && fault.record.pasid !== event.pasid) continue;
      fault.code = 'discarded';
      fault.sequences.responded = place.sequence;
      if (event.cause !== 'overflow') fault.abandoned = true;
      this.emitIfOver(fault);
    }
  }

  /** The rings are empty of the segment's old epoch (D9). What it had in groups and stalls ends with events of its own. */
  private empty(event: SegmentResetSeen, place: Place): void {
    for (const fault of this.faults.list()) {
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

  private endStall(event: StallEnded, place: Place): void {
    const fault = this.faults.findLatest(event);
    if (!fault) return;
    fault.code ??= 'unrecorded';
    this.settle(fault, event.outcome, event.endedAtMicros, place);
  }

  /** A stalled access is settled by its IOMMU, before the device hears of it. */
  private settleAccess(event: AccessRetried | AccessEnded, place: Place): void {
    this.hear(place.unit, place.epoch);
    const fault = this.faults.find(
      { segment: place.unit, segmentEpoch: place.epoch, request: event.request },
      0,
    );
    if (!fault || fault.model === 'stall') return;
    fault.access = event.access;
    fault.code ??= 'unanswered';
    fault.instants.receivedAtMicros = receivedOf(event, fault);
    if (isOneTooMany(fault)) fault.instants.respondedAtMicros = null;
    if (event.kind === 'AccessRetried') this.settle(fault, 'retried', event.retriedAtMicros, place);
    else this.settle(fault, event.outcome, event.endedAtMicros, place);
  }

  /** What the device had sent before its reset is forgotten, answered or not; what it goes on with are new faults (R21, R142). */
  private resetDevice({ device, epoch, request }: DeviceReset): void {
    this.resets.set(device, { epoch, request });
    this.abandonForgotten();
  }

  /** A segment wrote in this epoch. Whoever begins to read in the middle of a log learns of it by any of its messages. */
  private hear(segment: number, epoch: number): void {
    if (epoch <= (this.segmentEpochs.get(segment) ?? 0)) return;
    this.segmentEpochs.set(segment, epoch);
    this.abandonForgotten();
  }

  private abandonForgotten(): void {
    for (const fault of this.faults.list()) {
      if (!this.isForgotten(fault.record, fault.model)) continue;
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
    const over = fault.settlement !== undefined || fault.abandoned || this.gone.has(fault.record.device);
    if (!over || fault.code === undefined) return;
    if (isToldTooLate(fault)) fault.instants.respondedAtMicros = null;
    this.faults.close(fault);
    this.onFault(fault);
  }
}

/**
 * The transaction was answered and retried by an owner that died before it could say so. Its successor says the answer later than the
 * retry is told: when it was given nobody knows.
 */
function isToldTooLate({ settlement, instants }: OpenFault): boolean {
  const { respondedAtMicros, settledAtMicros } = instants;
  return (
    settlement === 'stalled-again' &&
    respondedAtMicros !== null &&
    settledAtMicros !== null &&
    settledAtMicros < respondedAtMicros
  );
}

/** When the device saw the answer to this very fault. An access that is lost before may have had the answer to an earlier one. */
function receivedOf(event: AccessRetried | AccessEnded, fault: OpenFault): number | null {
  const { receivedAtMicros } = event;
  const isLost = event.kind === 'AccessEnded' && (event.outcome === 'removed' || event.outcome === 'failure');
  return isLost && receivedAtMicros < fault.instants.sentAtMicros ? null : receivedAtMicros;
}

/**
 * Members of a group that are refused one by one are answered one by one (R78). The device takes the first answer for the group's, so
 * those to later members come after it has gone on (R18).
 */
function isOneTooMany({ code, instants }: OpenFault): boolean {
  const { respondedAtMicros, receivedAtMicros } = instants;
  return (
    code === 'refused' &&
    respondedAtMicros !== null &&
    receivedAtMicros !== null &&
    receivedAtMicros < respondedAtMicros
  );
}
