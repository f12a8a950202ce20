import {
  iommuHwSchema,
  invalidateSchema,
  pageRequestSchema,
  MessageOutOfPlace,
  type ResolvedIommu,
  type ResolvedScenario,
  type Sender,
  stopSchema,
  translateSchema,
  type TranslateRequest,
} from '@faultline/contracts';
import {
  EVERY_DEVICE,
  ResponseCode,
  type SegmentCommand,
  type SegmentEvent,
  type SegmentState,
  silentDevices,
} from '@faultline/domain';
import { DelayLine, type LogMessage, ModelTime, RunningParts, type UnitHost } from '@faultline/hosting';
import {
  followRecords,
  LaneClient,
  PeerEpoch,
  type SegmentRequest,
  type SegmentTracer,
  serveLane,
  type UnitPorts,
} from '../common';
import { asRequest } from './request-message';
import { StopDesk } from './stop-desk';

/** What travels between a segment and its IOMMU: translations, page requests, responses, invalidations, stops, resets. */
export class SegmentLanes {
  private readonly translations: LaneClient<
    TranslateRequest,
    ReturnType<typeof translateSchema.decode>[number]
  >;
  private readonly requests: LaneClient<SegmentRequest, ReturnType<typeof pageRequestSchema.decode>[number]>;
  private readonly parts = new RunningParts();
  private readonly stops: StopDesk;
  private readonly peer = new PeerEpoch();
  /** Whether the IOMMU has closed what the devices had open before this epoch: answers from before are for nobody (D9). */
  private isKnown = false;
  /** The modelled way to the IOMMU. Requests are numbered, so none may overtake another on it. */
  private readonly distance: DelayLine<readonly SegmentRequest[]>;

  constructor(
    private readonly ports: UnitPorts,
    private readonly host: UnitHost<SegmentState, SegmentCommand, SegmentEvent>,
    private readonly iommu: ResolvedIommu,
    private readonly unit: string,
    private readonly epoch: number,
    scenario: ResolvedScenario,
    private readonly devices: ReadonlySet<number>,
    private readonly tracer: SegmentTracer | undefined,
    /** The unit can go no further, or has another owner. */
    private readonly onFailure: (error: Error) => void,
  ) {
    this.stops = new StopDesk((device, pasid) => host.submit([{ kind: 'StopPasid', device, pasid }]));
    const sender = { unit, epoch };
    const distanceMicros = iommu.model === 'pri' ? scenario.cost.deviceMicros : 0;
    this.distance = new DelayLine(
      new ModelTime(ports.clock, scenario.timeScale),
      distanceMicros,
      (requests) => {
        for (const request of requests) this.requests.push(request);
      },
    );
    this.translations = new LaneClient(ports, {
      subject: ports.subjects.translate(iommu.iommu),
      schema: translateSchema,
      sender,
      peer: this.peer,
      onReply: (reply) => this.complete(reply),
      spanOf: tracer && ((records) => tracer.translates(ports.subjects.translate(iommu.iommu), records)),
    });
    this.requests = new LaneClient(ports, {
      subject: ports.subjects.pageRequest(iommu.iommu),
      schema: pageRequestSchema,
      sender,
      peer: this.peer,
      onReply: (reply) => this.endTranslated(reply),
      spanOf: tracer && ((records) => tracer.asks(ports.subjects.pageRequest(iommu.iommu), records)),
    });
  }

  /** Rejects with `UnitClosed` when the unit was lost meanwhile. */
  async start(): Promise<void> {
    const { parts } = this;
    const { subjects, log } = this.ports;
    const hwLog = subjects.hwLog(this.iommu.iommu);
    // The IOMMU cannot have heard of this epoch before now.
    const heardUpTo = (await log.last(hwLog))?.sequence ?? 0;
    await parts.open(() =>
      serveLane(
        this.ports,
        subjects.invalidateSegment(this.iommu.segment),
        invalidateSchema,
        this.unit,
        (records) => this.invalidate(records),
      ),
    );
    await parts.open(() =>
      serveLane(this.ports, subjects.stopSegment(this.iommu.segment), stopSchema, this.unit, (records) =>
        this.stopPasids(records),
      ),
    );
    await parts.open(() =>
      followRecords(this.ports, {
        subject: hwLog,
        fromSequence: heardUpTo + 1,
        schemas: [iommuHwSchema],
        unit: this.unit,
        onRecords: (records, message) => this.readHardware(records, message),
        onFailure: this.onFailure,
      }),
    );
    // A segment that is handed over need not be heard of any more.
    this.requests.greet().catch(() => undefined);
  }

  /** Whoever waits for an answer asks the next owner, so nobody is waited for here. */
  stop(): void {
    this.translations.close();
    this.requests.close();
    this.stops.close();
    void this.parts.stop();
  }

  /**
   * Puts what the devices decided to send on its way. Page requests of one turn travel the modelled distance together, in order.
   * A master's access travels at once: what a stall costs is spent where it stalls, and most accesses translate.
   */
  send(events: readonly SegmentEvent[]): void {
    const requests: SegmentRequest[] = [];
    for (const event of events) {
      if (event.kind === 'TranslationRequested') {
        const { translation, device, pasid, page, permissions } = event;
        this.translations.push({ kind: 'TranslateRequest', translation, device, pasid, page, permissions });
      } else {
        const message = asRequest(this.iommu.segment, event);
        if (message) requests.push(message);
      }
    }
    if (requests.length === 0) return;
    this.distance.push(requests);
  }

  private complete(reply: ReturnType<typeof translateSchema.decode>): void {
    const commands: SegmentCommand[] = [];
    for (const record of reply) {
      if (record.kind !== 'TranslateReply') continue;
      const { translation, status, permissions, frame } = record;
      commands.push({ kind: 'CompleteTranslation', translation, status, permissions, frame });
    }
    this.host.submit(commands);
  }

  private endTranslated(reply: ReturnType<typeof pageRequestSchema.decode>): void {
    const commands: SegmentCommand[] = [];
    for (const record of reply) {
      if (record.kind !== 'AccessTranslated') continue;
      const { device, request } = record;
      commands.push({
        kind: 'EndStalledAccess',
        device,
        request,
        outcome: 'translated',
        code: ResponseCode.SUCCESS,
        rounds: 0,
      });
    }
    if (commands.length > 0) this.host.submit(commands);
  }

  /** These events are in the log. */
  released(events: readonly SegmentEvent[]): void {
    this.stops.released(events);
  }

  /** The device sees a response only when the log holds it: commanded, automatic, or the end of a stalled access. */
  private readHardware(events: ReturnType<typeof iommuHwSchema.decode>, message: LogMessage): void {
    const commands: SegmentCommand[] = [];
    const span = this.tracer?.reads(message, events);
    const { segment } = this.iommu;
    for (const event of events) {
      if (event.kind === 'IommuOwnerChanged') this.peer.accepts(event.epoch);
      else if (event.kind === 'SegmentResetSeen' && this.ours(event)) this.isKnown = true;
      // A device is cut off to be reset, and it may be one of this epoch, of which the IOMMU was told, and that has hung since, before the
      // IOMMU heard of its segment.
      if (!this.isKnown && event.kind !== 'DeviceFenced') continue;
      switch (event.kind) {
        case 'GroupResponded':
          if (event.model === 'pri' && event.segment === segment)
            commands.push(response(event.device, event.groupId, event.pasid, event.code));
          break;
        case 'PageRequestDropped':
          if (event.answered && this.ours(event))
            commands.push(response(event.device, event.groupId, event.responsePasid, event.code));
          break;
        case 'FaultRefused':
          if (event.answered && this.ours(event))
            commands.push(response(event.device, event.groupId, event.responsePasid, event.code));
          break;
        case 'DeviceFenced':
          // The IOMMU lets nothing of the device in until it has seen the reset that this causes (R142).
          if (this.devices.has(event.device))
            commands.push({ kind: 'ResetDevice', device: event.device, epoch: this.epoch });
          break;
        case 'StallEnded':
          if (this.ours(event)) {
            const { device, request, outcome, code, rounds } = event;
            commands.push({ kind: 'EndStalledAccess', device, request, outcome, code, rounds });
          }
          break;
        default:
          break;
      }
    }
    if (commands.length > 0) this.host.submit(commands);
    span?.done();
  }

  /** Answers to an older epoch are for devices that were reset since (D9). */
  private ours(event: { segment: number; segmentEpoch: number }): boolean {
    return event.segment === this.iommu.segment && event.segmentEpoch === this.epoch;
  }

  private invalidate(records: ReturnType<typeof invalidateSchema.decode>): Uint8Array {
    // Dropping more than was asked for does no harm, so an older owner is answered too; but what it said before counts no more.
    const [head] = records;
    if (head?.kind === 'Sender') this.peer.accepts(head.epoch);
    const silent = new Set<number>();
    for (const record of records) {
      if (record.kind !== 'InvalidatePages') continue;
      const { device, pasid } = record;
      if (device !== EVERY_DEVICE) this.checkDevice(device);
      for (const each of silentDevices(this.host.state, device, pasid)) silent.add(each);
      for (const { page, pages } of record.ranges)
        this.host.perform({ kind: 'InvalidateAtc', device, pasid, page, pages });
    }
    const replies = Array.from(silent, (device) => ({ kind: 'DeviceSilent', device }) as const);
    return invalidateSchema.encode(replies, [this.head()]);
  }

  /** Answers when all PASIDs of the batch have stopped; a reply without one of them says that this segment goes out of service, or that the asker was deposed. */
  private async stopPasids(records: ReturnType<typeof stopSchema.decode>): Promise<Uint8Array> {
    const asked = this.isNewest(records[0])
      ? records.filter((record) => record.kind === 'StopPasidRequest')
      : [];
    for (const { device } of asked) this.checkDevice(device);
    const stopped = await Promise.all(asked.map(({ device, pasid }) => this.stops.ask(device, pasid)));
    const replies = asked
      .filter((_, place) => stopped[place])
      .map(({ device, pasid }) => ({ kind: 'PasidStoppedReply', device, pasid }) as const);
    return stopSchema.encode(replies, [this.head()]);
  }

  /** Whether no newer owner of the IOMMU spoke before. What a deposed one still asks for is not done (D4). */
  private isNewest(head: ReturnType<typeof stopSchema.decode>[number] | undefined): boolean {
    return head?.kind === 'Sender' && this.peer.accepts(head.epoch);
  }

  private checkDevice(device: number): void {
    if (this.devices.has(device)) return;
    throw new MessageOutOfPlace(`device ${device}`, `a device of segment ${this.iommu.segment}`);
  }

  private head(): Sender {
    return { kind: 'Sender', unit: this.unit, epoch: this.epoch };
  }
}

function response(device: number, groupId: number, pasid: number, code: ResponseCode): SegmentCommand {
  return { kind: 'ReceiveResponse', device, groupId, pasid, code };
}
