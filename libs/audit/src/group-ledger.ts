import {
  type GroupDiscarded,
  type GroupHandled,
  type GroupHeld,
  type GroupQueued,
  type GroupResponded,
  type RequestRecord,
  ResponseCode,
  Numbered,
  NumberSet,
} from '@faultline/domain';
import { EpochMap } from './epoch-map';
import type { Findings } from './findings';
import { type DecodedMessage, unitIndex } from './message';
import { RequestLedger } from './request-ledger';

interface PendingGroup {
  group: number;
  /** Members by identity, with what I9 needs. */
  members: readonly RequestRecord[];
  model: GroupQueued['model'];
  /** Codes of the results in the log; more than one when the group was delivered again. */
  codes: number[];
  /** Cycle whose queue message has it; undefined while it is held (D14). */
  queuedIn: number | undefined;
  held: boolean;
}

/** Whether the use of its PASID that a request belongs to is over (I9). */
export type IsOver = (record: RequestRecord) => boolean;

/** Names of response codes, by `ResponseCode`. */
const CODES: readonly string[] = ['SUCCESS', 'INVALID', 'FAILURE'];

const nameOf = (iommu: number, epoch: number, group: number): string => `group ${iommu}.${epoch}.${group}`;

/**
 * I1 and I2: every closed group gets one response or one discard, every page request of the ring ends once, and nothing is answered
 * that is not pending. Memory holds what is pending, and one bit a number that is not yet part of a whole run of numbers.
 */
export class GroupLedger {
  private readonly pending = new EpochMap(() => new Numbered<PendingGroup>());
  private readonly closed = new EpochMap(() => new NumberSet());
  private readonly requests: RequestLedger;
  private pendingCount = 0;

  constructor(
    private readonly findings: Findings,
    private readonly isOver: IsOver,
  ) {
    this.requests = new RequestLedger(findings);
  }

  /** See {@link RequestLedger.learn}. */
  learn(droppers: ReadonlySet<number>): void {
    this.requests.learn(droppers);
  }

  get pendingGroups(): number {
    return this.pendingCount;
  }

  get pendingRequests(): number {
    return this.requests.pendingCount;
  }

  /** Requests that were answered by the IOMMU itself and are still in a partial list. */
  get leftovers(): number {
    return this.requests.leftovers;
  }

  get heldStalls(): number {
    return this.requests.heldStalls;
  }

  observe(message: DecodedMessage): void {
    const { sequence, headers } = message;
    const unit = unitIndex(headers.unit);
    for (const event of message.events) {
      switch (event.kind) {
        case 'GroupQueued':
          this.queue(event, unit, headers.cycle, sequence);
          break;
        case 'GroupHeld':
          this.hold(event, unit, headers.epoch, headers.cycle, sequence);
          break;
        case 'GroupHandled':
          this.handle(event, sequence);
          break;
        case 'GroupResponded':
        case 'GroupDiscarded':
          this.close(event, unit, sequence);
          break;
        default:
          this.requests.take(event, unit, sequence);
          break;
      }
    }
  }

  /** Whether something of an older generation of the PASID is pending (I9); names it. */
  pendingOfPasid(pasid: number, belowGeneration: number): string | undefined {
    const isOld = (record: RequestRecord) =>
      record.pasid === pasid && record.generation > 0 && record.generation < belowGeneration;
    for (const { unit, epoch, value } of this.pending.entries()) {
      for (const { group, members } of value.list())
        if (members.some(isOld)) return nameOf(unit, epoch, group);
    }
    return this.requests.findPending(isOld);
  }

  /** What is pending when the run is finished has no end (I1). */
  finish(sequence: number): void {
    for (const { unit, epoch, value } of this.pending.entries()) {
      for (const { group } of value.list()) {
        this.findings.violate(
          'I1',
          sequence,
          nameOf(unit, epoch, group),
          'the run is finished, but the group was neither answered nor discarded',
        );
      }
    }
    this.requests.finish(sequence);
  }

  private queue(event: GroupQueued, iommu: number, cycle: number, sequence: number): void {
    this.findings.check('I1');
    const { group, groupEpoch, members, model } = event;
    const name = (): string => nameOf(iommu, groupEpoch, group);
    const groups = this.pending.get(iommu, groupEpoch);
    const known = groups.get(group);
    if (known && known.queuedIn === undefined) {
      known.queuedIn = cycle;
      if (known.members.length === members.length) return;
      const sentence = `it is queued with ${members.length} requests, but was held with ${known.members.length}`;
      this.findings.violate('I1', sequence, name(), sentence);
      return;
    }
    if (known || this.closed.peek(iommu, groupEpoch)?.has(group)) {
      this.findings.violate('I1', sequence, name(), 'the group is queued a second time');
      return;
    }
    groups.add(group, { group, members, model, codes: [], queuedIn: cycle, held: false });
    this.pendingCount += 1;
    for (const member of members) this.requests.group(member, model, name, sequence);
  }

  /** The queue message of the same cycle stands before this, with all members (D5). */
  private hold(event: GroupHeld, iommu: number, epoch: number, cycle: number, sequence: number): void {
    this.findings.check('I1');
    const { group, model } = event;
    const name = (): string => nameOf(iommu, epoch, group);
    const groups = this.pending.get(iommu, epoch);
    const known = groups.get(group);
    if (known && !known.held && known.queuedIn === cycle) {
      known.held = true;
      return;
    }
    if (known || this.closed.peek(iommu, epoch)?.has(group)) {
      this.findings.violate('I1', sequence, name(), 'the group is held, but was held or queued before');
      return;
    }
    const members = this.requests.holdGroup(event, iommu, name, sequence);
    groups.add(group, { group, members, model, codes: [], queuedIn: undefined, held: true });
    this.pendingCount += 1;
  }

  private handle(event: GroupHandled, sequence: number): void {
    const name = (): string => nameOf(event.iommu, event.epoch, event.group);
    this.findings.check('I3');
    const group = this.pending.peek(event.iommu, event.epoch)?.get(event.group);
    if (group?.queuedIn === undefined) {
      // A late result of an answered group is a redelivery, which the IOMMU drops (D1).
      if (this.closed.peek(event.iommu, event.epoch)?.has(event.group)) return;
      this.findings.violate('I3', sequence, name(), 'a result is in the log, but the group was never queued');
      return;
    }
    if (!group.codes.includes(event.code)) group.codes.push(event.code);
    if (event.members.length !== group.members.length) {
      const sentence = `the result has ${event.members.length} members, the group has ${group.members.length}`;
      this.findings.violate('I3', sequence, name(), sentence);
    }
  }

  private close(event: GroupResponded | GroupDiscarded, iommu: number, sequence: number): void {
    const name = (): string => nameOf(iommu, event.groupEpoch, event.group);
    const isResponse = event.kind === 'GroupResponded';
    if (isResponse) this.findings.check('I2');
    const groups = this.pending.peek(iommu, event.groupEpoch);
    const group = groups?.get(event.group);
    if (!group) {
      this.refuseClosing(
        name,
        isResponse,
        this.closed.peek(iommu, event.groupEpoch)?.has(event.group) ?? false,
        sequence,
      );
      return;
    }
    groups?.delete(event.group);
    this.pendingCount -= 1;
    this.closed.get(iommu, event.groupEpoch).add(event.group);
    for (const member of group.members) this.requests.ungroup(member, group.model);
    if (isResponse) this.checkCause(event, group, name, sequence);
  }

  private refuseClosing(name: () => string, isResponse: boolean, wasClosed: boolean, sequence: number): void {
    if (wasClosed)
      this.findings.violate(
        'I1',
        sequence,
        name(),
        'the group was answered or discarded before, and is again',
      );
    const before = wasClosed ? 'is not pending any more' : 'was never queued';
    if (isResponse)
      this.findings.violate('I2', sequence, name(), `a response goes out, but the group ${before}`);
    else if (!wasClosed)
      this.findings.violate('I1', sequence, name(), 'the group is discarded, but was never queued');
  }

  /** What a worker handled has its result in the log; what software answered for it is INVALID, and says why. */
  private checkCause(event: GroupResponded, group: PendingGroup, name: () => string, sequence: number): void {
    this.findings.check('I3');
    const { code, cause } = event;
    if (cause !== 'handled') {
      if (code === ResponseCode.INVALID) return;
      const sentence = `the response says ${CODES[code]}, but a group that is answered for its '${cause}' gets INVALID`;
      this.findings.violate('I3', sequence, name(), sentence);
      return;
    }
    if (code === ResponseCode.SUCCESS) this.checkUse(group, name, sequence);
    if (group.codes.includes(code)) return;
    const known =
      group.codes.length === 0
        ? 'no result is in the log'
        : `the results in the log say ${group.codes.map((each) => CODES[each]).join(' or ')}`;
    this.findings.violate('I3', sequence, name(), `the response says ${CODES[code]}, but ${known}`);
  }

  /** A use of a PASID that is over maps nothing more (I9, D2). */
  private checkUse(group: PendingGroup, name: () => string, sequence: number): void {
    this.findings.check('I9');
    const dead = group.members.find(this.isOver);
    if (!dead) return;
    const { pasid, generation } = dead;
    const sentence = `it is answered SUCCESS, but generation ${generation} of PASID ${pasid} was over before`;
    this.findings.violate('I9', sequence, name(), sentence);
  }
}
