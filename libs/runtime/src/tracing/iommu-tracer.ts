import type { CycleClosed, SpanIdentity } from '@faultline/contracts';
import {
  EVERY_PASID,
  type FaultModel,
  type FaultParked,
  type FaultRefused,
  type GroupDiscarded,
  type GroupHandled,
  type GroupHeld,
  type GroupQueued,
  type GroupResponded,
  type IommuEvent,
  type PageRequestDropped,
  type PageRequestQueued,
  type PartialsDiscarded,
  type RequestIdentity,
  type RequestRecord,
  type SegmentResetSeen,
} from '@faultline/domain';
import type { LogMessage, SendingSpan } from '@faultline/hosting';
import type { Addressed, IommuTracer, LeftOpen, ReceivedSpan } from '@faultline/units';
import { GroupMap } from './group-map';
import { type AttributeValue, FAULTLINE } from './span';
import type { SentMessage } from './sent-message';
import { isStopMarker, type SpanMaker } from './span-maker';
import { StallTraces } from './stall-traces';

/** A closed group with a traced member that has no response yet. Its instants are those that are known. */
interface OpenGroup {
  members: readonly TracedMember[];
  /** When it was closed and not queued yet, since it waited for its device's turn (D14). */
  heldAtMicros?: number;
  queuedAtMicros?: number;
  handledAtMicros?: number;
}

interface TracedMember {
  root: SpanIdentity;
  record: RequestRecord;
}

/** A record of a ring, or of a device's partial list. */
interface Ungrouped {
  record: RequestRecord;
  isParked: boolean;
}

/** Most records of partial lists that were dropped and are remembered all the same; those that count are far fewer. */
const MOST_UNGROUPED = 16_384;

/** Traces what one IOMMU does with faults, and those of stalling masters from their begin to their end. */
export class IommuTraces implements IommuTracer {
  private readonly groups = new GroupMap<OpenGroup>();
  /** Traced records that are in no closed group yet, by request. */
  private readonly ungrouped = new Map<number, Ungrouped>();
  /** Members of queued groups whose writing is told by the `hw` message of the same cycle, which comes after (D5). */
  private readonly early = new Map<number, RequestRecord>();
  private readonly stalls: StallTraces;
  /** Of the unit's owner. */
  private epoch = 0;

  constructor(
    private readonly maker: SpanMaker,
    private readonly model: FaultModel,
  ) {
    this.stalls = new StallTraces(maker);
  }

  begins(epoch: number, { groups, stalls, ungrouped }: LeftOpen): void {
    this.epoch = epoch;
    for (const record of stalls) if (this.samples(record)) this.stalls.adopt(record);
    for (const record of ungrouped) if (this.samples(record)) this.remember(record);
    for (const { epoch: closedIn, group, members: records } of groups) {
      const members = this.membersOf(records);
      if (members) this.groups.set(closedIn, group, { members });
    }
  }

  appends(to: Addressed, events: readonly (IommuEvent | CycleClosed)[]): SendingSpan | undefined {
    let message: SentMessage | undefined;
    const open = (): SentMessage => (message ??= this.maker.publish(to, events.length));
    for (const event of events) {
      // The kinds of which there is one for each fault come first.
      switch (event.kind) {
        case 'PageRequestQueued':
        case 'PageRequestDropped':
          if (this.samples(event) && !isStopMarker(event)) this.written(event, open());
          break;
        case 'GroupQueued':
          this.queued(event, open);
          break;
        case 'GroupResponded':
        case 'GroupDiscarded':
          this.answered(event, open);
          break;
        case 'FaultParked':
          if (this.samples(event)) this.parked(event, open());
          break;
        case 'StallRecorded':
        case 'StallDeferred':
          if (!this.samples(event)) break;
          this.stalls.written(event, this.early.get(event.request) ?? event, open());
          // Before its record is readable, it closes no group (R39).
          if (event.kind === 'StallRecorded') this.remember(event);
          break;
        case 'StallEnded':
          if (event.rounds === 0 || !this.samples(event)) break;
          this.ungrouped.delete(event.request);
          this.stalls.ended(event, open());
          break;
        case 'GroupHeld':
          this.held(event, open);
          break;
        case 'FaultRefused':
          if (this.samples(event)) this.refused(event, open);
          break;
        case 'PartialsDiscarded':
          this.discarded(event);
          break;
        case 'SegmentResetSeen':
          this.reset(event);
          break;
        default:
          break;
      }
    }
    return message;
  }

  admits(message: LogMessage, results: readonly GroupHandled[]): ReceivedSpan | undefined {
    const received = this.maker.processLog(message, results.length);
    if (!received) return undefined;
    for (const { epoch, group, handledAtMicros } of results) {
      const open = this.groups.get(epoch, group);
      if (!open) continue;
      // The first result is the one that is admitted (D1).
      open.handledAtMicros ??= handledAtMicros;
      for (const { root } of open.members) received.tells(root);
    }
    return received;
  }

  private samples({ segment, segmentEpoch, request }: RequestIdentity): boolean {
    return this.maker.sampler.samples(segment, segmentEpoch, request);
  }

  private rootOf({ segment, segmentEpoch, request }: RequestIdentity): SpanIdentity {
    const stallRound = this.stalls.roundOf(request);
    return this.maker.sampler.rootOf({ segment, segmentEpoch, request, stallRound });
  }

  /** Undefined where none is traced, as most groups are. */
  private membersOf(records: readonly RequestRecord[]): TracedMember[] | undefined {
    let traced: TracedMember[] | undefined;
    for (const record of records) {
      if (!this.samples(record)) continue;
      const isStall = this.model === 'stall';
      // Some drivers take a stop marker for a request (R75).
      if (!isStall && isStopMarker(record)) continue;
      const stallRound = isStall ? record.round : 0;
      const { segment, segmentEpoch, request } = record;
      const root = this.maker.sampler.rootOf({ segment, segmentEpoch, request, stallRound });
      (traced ??= []).push({ root, record });
    }
    return traced;
  }

  private written(event: PageRequestQueued | PageRequestDropped, message: SentMessage): void {
    const root = this.rootOf(event);
    message.tells(root);
    const attributes: Record<string, AttributeValue> = { [FAULTLINE.stage]: 'deviceToIommu' };
    if (event.kind === 'PageRequestDropped') attributes[FAULTLINE.cause] = event.cause;
    else this.remember(event);
    const { sentAtMicros: startMicros, writtenAtMicros: endMicros } = event;
    message.stage(root, { name: 'device -> IOMMU', startMicros, endMicros, attributes });
  }

  private remember(record: RequestRecord): void {
    if (this.early.delete(record.request)) return;
    if (this.ungrouped.size >= MOST_UNGROUPED) this.ungrouped.clear();
    this.ungrouped.set(record.request, { record, isParked: false });
  }

  private parked(event: FaultParked, message: SentMessage): void {
    const waiting = this.ungrouped.get(event.request);
    if (waiting) waiting.isParked = true;
    message.tells(this.rootOf(event));
  }

  private discarded({ device, pasid }: PartialsDiscarded): void {
    for (const [request, { record, isParked }] of this.ungrouped) {
      if (!isParked || (device !== -1 && record.device !== device)) continue;
      if (pasid === EVERY_PASID || record.pasid === pasid) this.ungrouped.delete(request);
    }
  }

  /** What a segment sent in older epochs is forgotten (D9). */
  private reset({ segment, segmentEpoch }: SegmentResetSeen): void {
    for (const [request, { record }] of this.ungrouped)
      if (record.segment === segment && record.segmentEpoch < segmentEpoch) this.ungrouped.delete(request);
  }

  private refused(event: FaultRefused, open: () => SentMessage): void {
    const record = this.ungrouped.get(event.request)?.record;
    this.ungrouped.delete(event.request);
    // A stop marker may be refused like a request (R75), and is no fault; a transaction may have ended before its record is consumed.
    if (!record && this.model === 'pri') return;
    const root = this.rootOf(event);
    open().tells(root);
    if (!record || !event.answered) return;
    open().stage(root, {
      name: 'response',
      startMicros: record.writtenAtMicros,
      endMicros: event.atMicros,
      attributes: { [FAULTLINE.stage]: 'response', [FAULTLINE.cause]: event.reason },
    });
  }

  /** Names its last member only; the others are in the partial list of the device. */
  private held(event: GroupHeld, open: () => SentMessage): void {
    const queued = this.groups.get(this.epoch, event.group)?.members;
    const isMember = queued?.some(({ record }) => record.request === event.request) === true;
    // A driver may take a stop marker for a request (R75).
    if ((isMember || this.ungrouped.has(event.request)) && this.samples(event))
      open().tells(this.rootOf(event));
    if (this.ungrouped.size === 0) return;
    const records = [...this.ungrouped.values()].filter(
      ({ record: { device, groupId, request }, isParked }) =>
        device === event.device && groupId === event.groupId && (isParked || request === event.request),
    );
    const members = this.membersOf(records.map(({ record }) => record));
    if (!members) return;
    const { group, closedAtMicros: heldAtMicros } = event;
    this.groups.set(this.epoch, group, { members, heldAtMicros });
    this.left(members, heldAtMicros, event.queue, open());
  }

  private queued(event: GroupQueued, open: () => SentMessage): void {
    const members = this.membersOf(event.members);
    if (!members) return;
    const { groupEpoch, group, queuedAtMicros, queue } = event;
    const { heldAtMicros } = this.groups.get(groupEpoch, group) ?? {};
    this.groups.set(groupEpoch, group, { members, heldAtMicros, queuedAtMicros });
    const message = open();
    for (const { root } of members) message.tells(root);
    // One that an owner before held left the ring at a time that is not known here.
    if (heldAtMicros === undefined && groupEpoch === this.epoch)
      this.left(members, queuedAtMicros, queue, message);
    if (heldAtMicros === undefined) return;
    for (const { root } of members)
      message.stage(root, {
        name: 'held',
        startMicros: heldAtMicros,
        endMicros: queuedAtMicros,
        attributes: { [FAULTLINE.stage]: 'queueWait' },
      });
  }

  /** The members of a group have left ring and partial list. */
  private left(
    members: readonly TracedMember[],
    atMicros: number,
    queue: string,
    message: SentMessage,
  ): void {
    for (const { root, record } of members) {
      if (!this.ungrouped.delete(record.request)) this.early.set(record.request, record);
      message.stage(root, {
        name: 'IOMMU -> queue',
        startMicros: record.writtenAtMicros,
        endMicros: atMicros,
        attributes: { [FAULTLINE.stage]: 'iommuToQueue', [FAULTLINE.queue]: queue },
      });
    }
  }

  private answered(event: GroupResponded | GroupDiscarded, open: () => SentMessage): void {
    const group = this.groups.take(event.groupEpoch, event.group);
    if (!group) return;
    const message = open();
    for (const { root, record } of group.members) {
      message.tells(root);
      if (event.kind === 'GroupDiscarded') continue;
      const { respondedAtMicros, code, cause } = event;
      // Another answer than a worker's came beside whatever became of its handling.
      const handledAtMicros = cause === 'handled' ? group.handledAtMicros : undefined;
      const since = handledAtMicros ?? group.queuedAtMicros ?? group.heldAtMicros ?? respondedAtMicros;
      message.stage(root, {
        name: 'response',
        startMicros: since,
        endMicros: respondedAtMicros,
        attributes: { [FAULTLINE.stage]: 'response', [FAULTLINE.code]: code, [FAULTLINE.cause]: cause },
      });
      this.stalls.responded(record.request, respondedAtMicros);
    }
  }
}
