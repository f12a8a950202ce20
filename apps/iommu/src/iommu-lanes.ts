import {
  invalidateSchema,
  type InvalidatePages,
  MessageOutOfPlace,
  pageRequestSchema,
  type PageRequestMessage,
  type ResolvedIommu,
  type Sender,
  type StalledAccessMessage,
  translateSchema,
  type TranslateReply,
} from '@faultline/contracts';
import {
  acceptedRequest,
  type AnyIommuEvent,
  canInvalidate,
  foldMm,
  hasReadyResults,
  type IommuCommand,
  type IommuState,
  type MmEvent,
  reachPosition,
} from '@faultline/domain';
import type { LogMessage, Running, UnitHost } from '@faultline/hosting';
import { LaneClient, serveLane, type ServicePorts } from '@faultline/runtime';
import { LogRoom } from './log-room';

type PageRequestRecord = ReturnType<typeof pageRequestSchema.decode>[number];
type RequestRecordMessage = PageRequestMessage | StalledAccessMessage;

/** An invalidation that waits until the replica has folded the removal (D3). */
interface WaitingInvalidation {
  shard: number;
  sequence: number;
  proceed(): void;
}

/** What others ask of an IOMMU, and its replica of the page tables, which the answers come from. */
export class IommuLanes {
  private readonly running: Running[] = [];
  private readonly waiting: WaitingInvalidation[] = [];
  private readonly toSegment: LaneClient<InvalidatePages>;
  private readonly room: LogRoom;
  private lastBatch = '';
  private lastReply: Promise<Uint8Array> | undefined;

  constructor(
    private readonly ports: ServicePorts,
    private readonly host: UnitHost<IommuState, IommuCommand, AnyIommuEvent>,
    private readonly iommu: ResolvedIommu,
    private readonly unit: string,
    private readonly epoch: number,
    /** Devices of the segment behind it. */
    private readonly devices: ReadonlySet<number>,
  ) {
    this.room = new LogRoom(ports, unit);
    // Page requests and invalidations travel apart, so that an invalidation never waits behind page requests (D11).
    this.toSegment = new LaneClient(ports, {
      subject: ports.subjects.invalidateSegment(iommu.segment),
      schema: invalidateSchema,
      sender: { unit, epoch },
    });
  }

  async start(): Promise<void> {
    const { ports, iommu } = this;
    const { subjects } = ports;
    this.running.push(
      await serveLane(ports, subjects.translate(iommu.iommu), translateSchema, this.unit, (records) =>
        this.translate(records),
      ),
      await serveLane(ports, subjects.pageRequest(iommu.iommu), pageRequestSchema, this.unit, (records) =>
        this.receive(records),
      ),
      await serveLane(ports, subjects.invalidateIommu(iommu.iommu), invalidateSchema, this.unit, (records) =>
        this.invalidate(records),
      ),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.running.map((each) => each.stop()));
    this.toSegment.close();
  }

  /** Folds a message of the mm's log into the replica; answers and invalidations that waited for it go on (D3, D8). */
  foldMm(events: readonly MmEvent[], message: LogMessage): void {
    const { state } = this.host;
    const shard = Number(message.subject.slice(message.subject.lastIndexOf('.') + 1));
    for (const event of events) foldMm(state, event);
    reachPosition(state, shard, message.sequence);
    if (hasReadyResults(state)) this.host.wake();
    for (let place = this.waiting.length - 1; place >= 0; place -= 1) {
      const waiting = this.waiting[place];
      if (!waiting || !canInvalidate(state, waiting.shard, waiting.sequence)) continue;
      this.waiting.splice(place, 1);
      waiting.proceed();
    }
  }

  private sender(): Sender {
    return { kind: 'Sender', unit: this.unit, epoch: this.epoch };
  }

  private translate(records: ReturnType<typeof translateSchema.decode>): Uint8Array {
    const replies: (Sender | TranslateReply)[] = [this.sender()];
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
    if (this.room.isFull) return this.room.available().then(() => this.receiveNow(records));
    return this.receiveNow(records);
  }

  /** A batch that is sent again (its reply was lost, or is late) gets the reply of the first time: it says which accesses translated. */
  private receiveNow(records: readonly PageRequestRecord[]): Promise<Uint8Array> {
    const head = records[0];
    const first = records[1];
    const batch =
      head?.kind === 'Sender' && first && 'request' in first
        ? `${head.epoch}/${first.request}/${records.length}`
        : '';
    if (batch !== '' && this.lastBatch === batch && this.lastReply) return this.lastReply;
    // What is refused is not remembered: the requests that it imitates are still to come.
    const { commands, upTo } = this.readRequests(records);
    const reply = this.accept(commands, upTo);
    this.lastBatch = batch;
    this.lastReply = reply;
    return reply;
  }

  private readRequests(records: readonly PageRequestRecord[]): { commands: IommuCommand[]; upTo: number } {
    const segmentEpoch = this.checkSender(records[0]);
    let upTo = acceptedRequest(this.host.state, this.iommu.segment, segmentEpoch);
    const commands: IommuCommand[] = [];
    for (const record of records) {
      if (record.kind !== 'PageRequestMessage' && record.kind !== 'StalledAccessMessage') continue;
      this.checkRequest(record, upTo);
      commands.push(
        record.kind === 'PageRequestMessage'
          ? pageRequest(record, segmentEpoch)
          : stalledAccess(record, segmentEpoch),
      );
      upTo = Math.max(upTo, record.request);
    }
    return { commands, upTo };
  }

  private async accept(commands: readonly IommuCommand[], upTo: number): Promise<Uint8Array> {
    const events = await this.host.settle(commands);
    const replies: Parameters<typeof pageRequestSchema.encode>[0][number][] = [
      this.sender(),
      { kind: 'RequestsAccepted', upTo },
    ];
    for (const event of events) {
      if (event.kind === 'StalledAccessTranslated')
        replies.push({ kind: 'AccessTranslated', device: event.device, request: event.request });
    }
    return pageRequestSchema.encode(replies);
  }

  /** Only the segment behind this IOMMU sends it requests. */
  private checkSender(head: PageRequestRecord | undefined): number {
    const expected = `segment.${this.iommu.segment}`;
    if (head?.kind !== 'Sender' || head.unit !== expected) {
      throw new MessageOutOfPlace(
        head?.kind === 'Sender' ? `sender '${head.unit}'` : 'no sender',
        `requests of ${expected}, which is behind this IOMMU`,
      );
    }
    return head.epoch;
  }

  /**
   * A device the scenario does not have, or a number that leaves a gap, is not the segment's: numbers tell what is a repetition,
   * so a number from nowhere would make every later request look like one.
   */
  private checkRequest(record: RequestRecordMessage, accepted: number): void {
    if (!this.devices.has(record.device) || record.segment !== this.iommu.segment) {
      throw new MessageOutOfPlace(
        `device ${record.device} of segment ${record.segment}`,
        `a device of segment ${this.iommu.segment}`,
      );
    }
    if (record.request > accepted + 1)
      throw new MessageOutOfPlace(`request ${record.request}`, `request ${accepted + 1} or a repetition`);
  }

  /** Replica, IOTLB, ATC, completion, in this order (D3, R122). */
  private async invalidate(records: ReturnType<typeof invalidateSchema.decode>): Promise<Uint8Array> {
    const orders = records.filter((record) => record.kind === 'InvalidatePages');
    for (const order of orders) await this.replicaAt(order.shard, order.sequence);
    for (const { pasid, ranges } of orders) {
      for (const { page, pages } of ranges)
        this.host.perform({ kind: 'InvalidateIotlb', pasid, page, pages });
    }
    // Masters behind a stalling IOMMU have no translation cache of their own.
    if (this.iommu.model === 'pri') await Promise.all(orders.map((order) => this.toSegment.request(order)));
    return invalidateSchema.encode([this.sender()]);
  }

  private async replicaAt(shard: number, sequence: number): Promise<void> {
    if (canInvalidate(this.host.state, shard, sequence)) return;
    await new Promise<void>((proceed) => this.waiting.push({ shard, sequence, proceed }));
  }
}

function pageRequest(record: PageRequestMessage, segmentEpoch: number): IommuCommand {
  const { segment, request, device, pasid, page, permissions, groupId, last, round, sentAtMicros } = record;
  const kind = 'ReceivePageRequest';
  return {
    kind,
    segment,
    segmentEpoch,
    request,
    device,
    pasid,
    page,
    offset: 0,
    permissions,
    groupId,
    last,
    round,
    sentAtMicros,
  };
}

function stalledAccess(record: StalledAccessMessage, segmentEpoch: number): IommuCommand {
  const { segment, request, device, pasid, page, offset, permissions, sentAtMicros } = record;
  const kind = 'ReceiveStalledAccess';
  return {
    kind,
    segment,
    segmentEpoch,
    request,
    device,
    pasid,
    page,
    offset,
    permissions,
    groupId: 0,
    last: true,
    round: 0,
    sentAtMicros,
  };
}
