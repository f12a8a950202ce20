import type { LogEvent } from '@faultline/contracts';
import {
  EVERY_PASID,
  type FaultModel,
  type GroupHeld,
  type RequestIdentity,
  type RequestRecord,
  type StallEnded,
  NumberSet,
} from '@faultline/domain';
import { EpochMap, faultKey } from './epoch-map';
import { FaultMap } from './fault-map';
import type { Findings } from './findings';

interface PendingRequest {
  record: RequestRecord;
  stallRound: number;
  iommu: number;
  parked: boolean;
  /** The IOMMU itself answered its group, since the last request of it did not get in (R12, R46). */
  settled: boolean;
}

/** Everything known of the requests of one segment's epoch. */
class EpochRequests {
  /** In the ring or parked. */
  readonly pending = new FaultMap<PendingRequest>();
  /** Members of open groups whose own event is still to come: queue messages stand before `hw` (D5). */
  readonly early = new Set<number>();
  /** Were in the ring; were in a group. */
  readonly written = new NumberSet();
  readonly grouped = new NumberSet();
  /** Stalls whose transaction the IOMMU holds. */
  readonly held = new Set<number>();
  /** Latest round of the stalls that faulted again. */
  readonly rounds = new Map<number, number>();
}

/** The part of I1 about single requests, and of I5 about held stalls. */
export class RequestLedger {
  private readonly epochs = new EpochMap(() => new EpochRequests());
  private count = 0;
  private held = 0;
  private parked = 0;
  private settled = 0;
  /** IOMMUs whose driver drops all partial lists when it leaves an overflow (R88). */
  private droppers: ReadonlySet<number> = new Set();

  constructor(private readonly findings: Findings) {}

  /** The log begins with the scenario: which driver each IOMMU has. */
  learn(droppers: ReadonlySet<number>): void {
    this.droppers = droppers;
  }

  /** Requests of rings and partial lists that still wait for an answer. */
  get pendingCount(): number {
    return this.count - this.settled;
  }

  /** Requests whose group the IOMMU answered itself, and which software keeps in a partial list all the same (R88: AMD). */
  get leftovers(): number {
    return this.settled;
  }

  get heldStalls(): number {
    return this.held;
  }

  /** Takes an event of an IOMMU's `hw` subject; ignores all others. */
  take(event: LogEvent, iommu: number, sequence: number): void {
    switch (event.kind) {
      case 'PageRequestQueued':
        this.write(event, 0, iommu, sequence);
        break;
      case 'StallRecorded':
        this.hold(event);
        this.write(event, event.round, iommu, sequence);
        break;
      case 'StallDeferred':
        this.hold(event);
        break;
      case 'StallEnded':
        this.release(event, sequence);
        break;
      case 'FaultParked': {
        const request = this.epochs.peek(event.segment, event.segmentEpoch)?.pending.get(event.request, 0);
        if (request && !request.parked) this.parked += 1;
        if (request) request.parked = true;
        break;
      }
      case 'PageRequestDropped':
        if (event.answered) this.settle(event, iommu);
        break;
      case 'FaultRefused':
      case 'StopMarkerDropped':
        this.endAny(event);
        break;
      case 'PartialsDiscarded':
        this.discard(
          iommu,
          ({ parked, record }) =>
            parked &&
            (event.device === -1 || event.device === record.device) &&
            (event.pasid === EVERY_PASID || event.pasid === record.pasid),
        );
        break;
      case 'RingOverflowCleared':
        if (event.model === 'pri' && this.droppers.has(iommu)) this.checkPartials(iommu, sequence);
        break;
      case 'SegmentResetSeen':
        // The event itself takes the old epoch's records out of the rings (D9).
        this.discard(
          iommu,
          ({ record }) => record.segment === event.segment && record.segmentEpoch < event.segmentEpoch,
        );
        break;
      default:
        break;
    }
  }

  /** A request became a member of a group. */
  group(record: RequestRecord, model: FaultModel, groupName: () => string, sequence: number): void {
    const stallRound = model === 'stall' ? record.round : 0;
    const key = faultKey(record.request, stallRound);
    const requests = this.epochs.get(record.segment, record.segmentEpoch);
    // The event that says so may be lost with a crash: the group is complete in itself (D5).
    if (model === 'stall') this.hold(record);
    if (!requests.grouped.add(key)) {
      this.findings.violate(
        'I1',
        sequence,
        nameOf(record),
        `it is a member of ${groupName()}, and was of another group before`,
      );
      return;
    }
    if (!this.end(requests, record.request, stallRound)) requests.early.add(key);
  }

  /** A group that waits for its turn names its last request only; the others are parked under its number. Returns its members. */
  holdGroup(event: GroupHeld, iommu: number, groupName: () => string, sequence: number): RequestRecord[] {
    const requests = this.epochs.get(event.segment, event.segmentEpoch);
    const last = requests.pending.get(event.request, requests.rounds.get(event.request) ?? 0);
    if (!last) {
      const sentence = `it closes ${groupName()}, but is not in the ring`;
      this.findings.violate('I1', sequence, nameOf(event), sentence);
      return [];
    }
    const members = [...this.parkedOf(event, iommu), last.record];
    for (const member of members) this.group(member, event.model, groupName, sequence);
    return members;
  }

  private parkedOf({ device, groupId }: GroupHeld, iommu: number): RequestRecord[] {
    const members: RequestRecord[] = [];
    if (this.parked === 0) return members;
    for (const { value } of this.epochs.entries()) {
      for (const { record, parked, iommu: of } of value.pending.list())
        if (parked && of === iommu && record.device === device && record.groupId === groupId)
          members.push(record);
    }
    return members;
  }

  /** A list that an overflow has made holes in would become a part of the next group of its number (R88). */
  private checkPartials(iommu: number, sequence: number): void {
    this.findings.check('I1');
    if (this.parked === 0) return;
    for (const { value } of this.epochs.entries()) {
      for (const { record, parked, iommu: of } of value.pending.list())
        if (parked && of === iommu)
          this.findings.violate(
            'I1',
            sequence,
            nameOf(record),
            'the overflow is over, but the request is still in a partial list',
          );
    }
  }

  /** Its group is closed: an event of its own that is missing until now never comes (it was adopted, D5). */
  ungroup(record: RequestRecord, model: FaultModel): void {
    const key = faultKey(record.request, model === 'stall' ? record.round : 0);
    this.epochs.peek(record.segment, record.segmentEpoch)?.early.delete(key);
  }

  findPending(matches: (record: RequestRecord) => boolean): string | undefined {
    for (const { value } of this.epochs.entries()) {
      for (const { record } of value.pending.list()) if (matches(record)) return nameOf(record);
    }
    return undefined;
  }

  finish(sequence: number): void {
    for (const { unit, epoch, value } of this.epochs.entries()) {
      for (const { record, parked, settled } of value.pending.list()) {
        if (settled) continue;
        const where = parked ? 'in a partial list' : 'in the ring';
        this.findings.violate(
          'I1',
          sequence,
          nameOf(record),
          `the run is finished, but the request is still ${where}`,
        );
      }
      for (const request of value.held) {
        const name = nameOf({ segment: unit, segmentEpoch: epoch, request });
        this.findings.violate(
          'I5',
          sequence,
          name,
          'the run is finished, but the IOMMU still holds the stalled access',
        );
      }
    }
  }

  private write(record: RequestRecord, stallRound: number, iommu: number, sequence: number): void {
    this.findings.check('I1');
    const key = faultKey(record.request, stallRound);
    const requests = this.epochs.get(record.segment, record.segmentEpoch);
    if (!requests.written.add(key)) {
      this.findings.violate(
        'I1',
        sequence,
        nameOf(record),
        'the request is written to the ring a second time',
      );
      return;
    }
    if (requests.early.delete(key)) return;
    if (requests.grouped.has(key)) return;
    requests.pending.add(record.request, stallRound, {
      record,
      stallRound,
      iommu,
      parked: false,
      settled: false,
    });
    if (stallRound > 0) requests.rounds.set(record.request, stallRound);
    this.count += 1;
  }

  private hold(record: RequestRecord): void {
    const { held } = this.epochs.get(record.segment, record.segmentEpoch);
    if (held.has(record.request)) return;
    held.add(record.request);
    this.held += 1;
  }

  /** A stall may end without its record ever being written (R39), or with it unread (a reset). */
  private release(event: StallEnded, sequence: number): void {
    const requests = this.epochs.get(event.segment, event.segmentEpoch);
    this.findings.check('I1');
    if (requests.held.delete(event.request)) this.held -= 1;
    // Without rounds it was aborted on the spot and never held (R31).
    else if (event.rounds > 0)
      this.findings.violate(
        'I1',
        sequence,
        nameOf(event),
        'the stalled access ends, but the IOMMU did not hold it',
      );
    this.endAny(event);
    requests.rounds.delete(event.request);
  }

  private endAny(identity: RequestIdentity): void {
    const requests = this.epochs.get(identity.segment, identity.segmentEpoch);
    this.end(requests, identity.request, requests.rounds.get(identity.request) ?? 0);
  }

  private end({ pending }: EpochRequests, request: number, stallRound: number): boolean {
    const known = pending.get(request, stallRound);
    if (!known) return false;
    pending.delete(request, stallRound);
    this.count -= 1;
    if (known.parked) this.parked -= 1;
    if (known.settled) this.settled -= 1;
    return true;
  }

  /** One response settles every member of its group (R12), also those whose records software has still to read or to forget (R53). */
  private settle({ device, groupId }: Pick<RequestRecord, 'device' | 'groupId'>, iommu: number): void {
    if (this.count === this.settled) return;
    for (const { value } of this.epochs.entries()) {
      for (const request of value.pending.list()) {
        const { record } = request;
        if (request.iommu !== iommu || record.device !== device || record.groupId !== groupId) continue;
        if (request.settled) continue;
        request.settled = true;
        this.settled += 1;
      }
    }
  }

  private discard(iommu: number, matches: (request: PendingRequest) => boolean): void {
    for (const { value } of this.epochs.entries()) {
      for (const request of value.pending.list()) {
        const { record, stallRound } = request;
        if (request.iommu === iommu && matches(request)) this.end(value, record.request, stallRound);
      }
    }
  }
}

function nameOf(identity: RequestIdentity): string {
  return `request ${identity.segment}.${identity.segmentEpoch}.${identity.request}`;
}
