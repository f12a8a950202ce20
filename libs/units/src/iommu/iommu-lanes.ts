import {
  invalidateSchema,
  MessageOutOfPlace,
  pageRequestSchema,
  segmentUnit,
  type ResolvedIommu,
  type Sender,
  translateSchema,
  type TranslateReply,
} from '@faultline/contracts';
import {
  acceptedRequest,
  type AnyIommuEvent,
  foldMm,
  hasPassed,
  hasReadyResults,
  type IommuCommand,
  type IommuState,
  isRequestTaken,
  type MmEvent,
  reachPosition,
} from '@faultline/domain';
import { type LogMessage, RunningParts, type UnitHost } from '@faultline/hosting';
import { type PeerEpoch, serveLane, type UnitPorts } from '../common';
import type { Invalidations } from './invalidations';
import { LogRoom } from './log-room';
import { NewestBatch } from './newest-batch';
import {
  commandOf,
  isRequest,
  type Numbered,
  type PageRequestRecord,
  type RequestMessage,
} from './request-commands';

type TranslateRecord = ReturnType<typeof translateSchema.decode>[number];

/** What others ask of an IOMMU, and its replica of the page tables, which the answers come from. */
export class IommuLanes {
  private readonly parts = new RunningParts();
  private readonly room: LogRoom;
  private readonly newest = new NewestBatch();
  /** Batches with an access that the bus pushed back: they wait until a tag may be free (R40). */
  private pushedBack: (() => void)[] = [];
  /** Counts what may have freed a tag. */
  private freed = 0;
  /** The segment epoch of which an owner before this one may have taken requests. */
  private readonly inherited: number;
  /** The newest segment epoch that is known to be in the log. */
  private written: number;

  constructor(
    private readonly ports: UnitPorts,
    private readonly host: UnitHost<IommuState, IommuCommand, AnyIommuEvent>,
    private readonly iommu: ResolvedIommu,
    private readonly invalidations: Invalidations,
    private readonly sender: Sender,
    /** Devices of the segment behind it. */
    private readonly devices: ReadonlySet<number>,
    /** Owners of the segment, as far as anything was heard of them. */
    private readonly peer: PeerEpoch,
  ) {
    this.room = new LogRoom(ports, sender.unit);
    this.inherited = this.segmentEpoch();
    this.written = this.inherited;
    peer.accepts(this.inherited);
  }

  /**
   * Rejects with `UnitClosed` when the unit was lost meanwhile.
   *
   * @param isCurrent resolves when devices and replica hold nothing from before; no translation is given out earlier (D3, D4)
   */
  async start(isCurrent: () => Promise<unknown>): Promise<void> {
    const { ports, iommu, parts } = this;
    const { subjects } = ports;
    const { unit } = this.sender;
    await parts.open(() =>
      serveLane(ports, subjects.invalidateIommu(iommu.iommu), invalidateSchema, unit, (records) =>
        this.invalidations.serve(records),
      ),
    );
    await isCurrent();
    await parts.open(() =>
      serveLane(ports, subjects.translate(iommu.iommu), translateSchema, unit, (records) =>
        this.translate(records),
      ),
    );
    await parts.open(() =>
      serveLane(ports, subjects.pageRequest(iommu.iommu), pageRequestSchema, unit, (records) =>
        this.receive(records),
      ),
    );
  }

  /** Whoever waits for an answer asks the next owner, so nobody is waited for here. */
  stop(): void {
    void this.parts.stop();
  }

  /** Folds a message of the mm's log into the replica; answers and invalidations that waited for it go on (D3, D8). */
  foldMm(events: readonly MmEvent[], message: LogMessage): void {
    const { state } = this.host;
    const shard = Number(message.subject.slice(message.subject.lastIndexOf('.') + 1));
    for (const event of events) foldMm(state, event);
    reachPosition(state, shard, message.sequence);
    if (hasReadyResults(state)) this.host.wake();
    this.invalidations.reached();
  }

  /** These events are in the log: a held transaction that ended has freed its tag. */
  released(events: readonly AnyIommuEvent[]): void {
    if (!events.some(({ kind }) => kind === 'StallEnded' || kind === 'SegmentResetSeen')) return;
    this.freed += 1;
    for (const retry of this.pushedBack.splice(0)) retry();
  }

  /**
   * A segment's owner is given translations when the log says that there is it. From then on no older one can say, here or to the next
   * owner of the IOMMU, that they are out of its caches (D4).
   */
  private translate(records: readonly TranslateRecord[]): Uint8Array | Promise<Uint8Array> {
    const segmentEpoch = this.checkSender(records[0]);
    if (segmentEpoch <= this.written) return this.translateNow(records);
    const { segment } = this.iommu;
    return this.host.settle([{ kind: 'SeeSegmentEpoch', segment, segmentEpoch }]).then(() => {
      this.written = Math.max(this.written, segmentEpoch);
      return this.translateNow(records);
    });
  }

  private translateNow(records: readonly TranslateRecord[]): Uint8Array {
    const replies: (Sender | TranslateReply)[] = [this.sender];
    for (const record of records) {
      if (record.kind !== 'TranslateRequest') continue;
      const { translation, device, pasid, page, permissions } = record;
      for (const event of this.host.perform({
        kind: 'Translate',
        translation,
        device,
        pasid,
        page,
        permissions,
      })) {
        if (event.kind !== 'TranslationCompleted') continue;
        replies.push({
          kind: 'TranslateReply',
          translation,
          status: event.status,
          permissions: event.permissions,
          frame: event.frame,
        });
      }
    }
    return translateSchema.encode(replies);
  }

  /** Requests are accepted while the log has room for what they cause (D13). */
  private receive(records: readonly PageRequestRecord[]): Promise<Uint8Array> {
    this.room.refresh();
    if (this.room.isFull) return this.room.available().then(() => this.receiveOrRefuse(records));
    return this.receiveOrRefuse(records);
  }

  /**
   * What does not fit is a stranger's, or it is meant for a newer owner, of which this one has not heard because it was frozen: that
   * is for the log to say.
   */
  private async receiveOrRefuse(records: readonly PageRequestRecord[]): Promise<Uint8Array> {
    try {
      return await this.receiveNow(records);
    } catch (error) {
      if (error instanceof MessageOutOfPlace) await this.host.checkOwner();
      throw error;
    }
  }

  private receiveNow(records: readonly PageRequestRecord[]): Promise<Uint8Array> {
    return this.newest.reply(records, () => {
      const { segmentEpoch, requests } = this.readRequests(records);
      return this.accept(segmentEpoch, requests);
    });
  }

  private readRequests(records: readonly PageRequestRecord[]): {
    segmentEpoch: number;
    requests: Numbered[];
  } {
    const segmentEpoch = this.checkSender(records[0]);
    // An owner of the segment that was deposed, and does not know it yet: its devices were reset, so nothing is taken (D9).
    if (segmentEpoch < this.segmentEpoch()) return { segmentEpoch, requests: [] };
    let upTo = acceptedRequest(this.host.state, this.iommu.segment, segmentEpoch);
    const requests: Numbered[] = [];
    for (const record of records) {
      if (!isRequest(record)) continue;
      // Accesses that translated at once are in no log, so an owner before may have taken more than is known here. What comes first need
      // not be what follows them: a repetition may have been on its way for long.
      if (this.inherited === segmentEpoch) upTo = Math.max(upTo, record.request - 1);
      this.checkRequest(record, upTo);
      upTo = Math.max(upTo, record.request);
      requests.push({ request: record.request, command: commandOf(record, segmentEpoch) });
    }
    return { segmentEpoch, requests };
  }

  /** The newest epoch of the segment that was heard of; 0 before the first. */
  private segmentEpoch(): number {
    return this.host.state.durable.segments.get(this.iommu.segment)?.epoch ?? 0;
  }

  /** Replies when all of the batch was taken: as long as no tag is free for one of its accesses, its segment waits (R40). */
  private async accept(segmentEpoch: number, requests: readonly Numbered[]): Promise<Uint8Array> {
    const { segment } = this.iommu;
    const upTo =
      requests[requests.length - 1]?.request ?? acceptedRequest(this.host.state, segment, segmentEpoch);
    const replies: Parameters<typeof pageRequestSchema.encode>[0][number][] = [
      this.sender,
      { kind: 'RequestsAccepted', upTo },
    ];
    // What translated at once before the owner died, and stands between numbers that the log has, was answered to nobody.
    for (const { request, command } of requests) {
      if (
        command.kind === 'ReceiveStalledAccess' &&
        hasPassed(this.host.state, { segment, segmentEpoch, request })
      )
        replies.push({ kind: 'AccessTranslated', device: command.device, request });
    }
    // A greeting: the devices began afresh (D9), and what they had open is over also when they send nothing more.
    if (requests.length === 0) await this.host.settle([{ kind: 'SeeSegmentEpoch', segment, segmentEpoch }]);
    for (let left = requests; left.length > 0;) {
      const { freed } = this;
      for (const event of await this.host.settle(left.map(({ command }) => command))) {
        if (event.kind === 'StalledAccessTranslated')
          replies.push({ kind: 'AccessTranslated', device: event.device, request: event.request });
      }
      left = left.filter(
        ({ request }) => !isRequestTaken(this.host.state, { segment, segmentEpoch, request }),
      );
      if (left.length > 0 && freed === this.freed)
        await new Promise<void>((retry) => this.pushedBack.push(retry));
    }
    return pageRequestSchema.encode(replies);
  }

  /** Only the segment behind this IOMMU sends it requests. */
  private checkSender(head: PageRequestRecord | TranslateRecord | undefined): number {
    const expected = segmentUnit(this.iommu.segment);
    if (head?.kind !== 'Sender' || head.unit !== expected) {
      throw new MessageOutOfPlace(
        head?.kind === 'Sender' ? `sender '${head.unit}'` : 'no sender',
        `requests of ${expected}, which is behind this IOMMU`,
      );
    }
    this.peer.accepts(head.epoch);
    return head.epoch;
  }

  /**
   * A device the scenario does not have, or a number that leaves a gap, is not the segment's: numbers tell what is a repetition,
   * so a number from nowhere would make every later request look like one.
   */
  private checkRequest(record: RequestMessage, accepted: number): void {
    if (!this.devices.has(record.device) || record.segment !== this.iommu.segment) {
      throw new MessageOutOfPlace(
        `device ${record.device} of segment ${record.segment}`,
        `a device of segment ${this.iommu.segment}`,
      );
    }
    if (record.request > accepted + 1)
      throw new MessageOutOfPlace(`request ${record.request}`, `request ${accepted + 1} or a repetition`);
  }
}
