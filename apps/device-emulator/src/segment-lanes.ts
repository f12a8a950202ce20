import {
  iommuHwSchema,
  invalidateSchema,
  pageRequestSchema,
  type PageRequestMessage,
  type ResolvedIommu,
  type ResolvedScenario,
  type StalledAccessMessage,
  translateSchema,
  type TranslateRequest,
} from '@faultline/contracts';
import { ResponseCode, type SegmentCommand, type SegmentEvent, type SegmentState } from '@faultline/domain';
import { DelayLine, ModelTime, type Running, type UnitHost } from '@faultline/hosting';
import { followRecords, LaneClient, serveLane, type ServicePorts } from '@faultline/runtime';

type RequestMessage = PageRequestMessage | StalledAccessMessage;

/** What travels between a segment and its IOMMU: translations, page requests, responses, invalidations. */
export class SegmentLanes {
  private readonly translations: LaneClient<
    TranslateRequest,
    ReturnType<typeof translateSchema.decode>[number]
  >;
  private readonly requests: LaneClient<RequestMessage, ReturnType<typeof pageRequestSchema.decode>[number]>;
  private readonly running: Running[] = [];
  /** The modelled way to the IOMMU. Requests are numbered, so none may overtake another on it. */
  private readonly distance: DelayLine<readonly RequestMessage[]>;

  constructor(
    private readonly ports: ServicePorts,
    private readonly host: UnitHost<SegmentState, SegmentCommand, SegmentEvent>,
    private readonly iommu: ResolvedIommu,
    private readonly unit: string,
    private readonly epoch: number,
    scenario: ResolvedScenario,
  ) {
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
      onReply: (reply) => this.complete(reply),
    });
    this.requests = new LaneClient(ports, {
      subject: ports.subjects.pageRequest(iommu.iommu),
      schema: pageRequestSchema,
      sender,
      onReply: (reply) => this.endTranslated(reply),
    });
  }

  async start(): Promise<void> {
    const { subjects } = this.ports;
    this.running.push(
      await serveLane(
        this.ports,
        subjects.invalidateSegment(this.iommu.segment),
        invalidateSchema,
        this.unit,
        (records) => this.invalidate(records),
      ),
      await followRecords(this.ports, {
        subject: subjects.hwLog(this.iommu.iommu),
        schemas: [iommuHwSchema],
        unit: this.unit,
        onRecords: (records) => this.readHardware(records),
      }),
    );
  }

  async stop(): Promise<void> {
    this.translations.close();
    this.requests.close();
    await Promise.all(this.running.map((each) => each.stop()));
  }

  /**
   * Puts what the devices decided to send on its way. Page requests of one turn travel the modelled distance together, in order.
   * A master's access travels at once: what a stall costs is spent where it stalls, and most accesses translate.
   */
  send(events: readonly SegmentEvent[]): void {
    const requests: RequestMessage[] = [];
    for (const event of events) {
      if (event.kind === 'TranslationRequested') {
        const { translation, device, pasid, page, permissions } = event;
        this.translations.push({ kind: 'TranslateRequest', translation, device, pasid, page, permissions });
      } else if (event.kind === 'PageRequestSent') {
        const { request, device, pasid, page, permissions, groupId, last, round, sentAtMicros } = event;
        const { segment } = this.iommu;
        requests.push({
          kind: 'PageRequestMessage',
          segment,
          request,
          device,
          pasid,
          page,
          permissions,
          groupId,
          last,
          round,
          sentAtMicros,
        });
      } else if (event.kind === 'StalledAccessSent') {
        const { request, device, pasid, page, offset, permissions, sentAtMicros } = event;
        const { segment } = this.iommu;
        requests.push({
          kind: 'StalledAccessMessage',
          segment,
          request,
          device,
          pasid,
          page,
          offset,
          permissions,
          sentAtMicros,
        });
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

  /** The device sees a response only when the log holds it: commanded, automatic, or the end of a stalled access. */
  private readHardware(events: ReturnType<typeof iommuHwSchema.decode>): void {
    const commands: SegmentCommand[] = [];
    const { segment } = this.iommu;
    for (const event of events) {
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
  }

  /** Answers to an older epoch are for devices that were reset since (D9). */
  private ours(event: { segment: number; segmentEpoch: number }): boolean {
    return event.segment === this.iommu.segment && event.segmentEpoch === this.epoch;
  }

  private invalidate(records: ReturnType<typeof invalidateSchema.decode>): Uint8Array {
    for (const record of records) {
      if (record.kind !== 'InvalidatePages') continue;
      for (const { page, pages } of record.ranges)
        this.host.perform({ kind: 'InvalidateAtc', pasid: record.pasid, page, pages });
    }
    return invalidateSchema.encode([{ kind: 'Sender', unit: this.unit, epoch: this.epoch }]);
  }
}

function response(device: number, groupId: number, pasid: number, code: ResponseCode): SegmentCommand {
  return { kind: 'ReceiveResponse', device, groupId, pasid, code };
}
