import type { CycleClosed, SpanIdentity, TranslateRequest } from '@faultline/contracts';
import type {
  AccessEnded,
  AccessRetried,
  DurableSegmentEvent,
  FaultModel,
  GroupResponded,
  IommuEvent,
  PageRequestSent,
  SegmentEvent,
  SegmentResetSeen,
  TranslationRequested,
} from '@faultline/domain';
import type { LogMessage, SendingSpan } from '@faultline/hosting';
import type { Addressed, AskingSpan, ReceivedSpan, SegmentRequest, SegmentTracer } from '@faultline/units';
import type { ReceivedMessage } from './received-message';
import { GroupMap } from './group-map';
import { FAULTLINE } from './span';
import type { SentMessage } from './sent-message';
import { faultName, type SpanMaker } from './span-maker';

/** A traced page request whose round is not over. */
interface OpenRequest extends Pick<PageRequestSent, 'device' | 'access' | 'groupId' | 'request'> {
  root: SpanIdentity;
  sent: PageRequestSent;
  /** When the IOMMU sent the response; undefined before the log has said so. */
  respondedAtMicros: number | undefined;
  /** Translations by which its access asked again. */
  retries: number[];
  /** Its device was reset since: its access begins again, unless it is lost. */
  isForgotten: boolean;
}

/**
 * Traces the faults of one segment's devices. Of a page request they see the begin and the end. A stalled transaction is a fault only
 * when its IOMMU finds no translation, and ends there: so its IOMMU traces it, and nothing is known of it when it is sent.
 */
export class SegmentTraces implements SegmentTracer {
  private readonly open = new Map<number, OpenRequest>();
  /** The newest of each access, by device. */
  private readonly ofAccess = new Map<number, Map<number, OpenRequest>>();
  /** Those without a response that is known, by device and group index. */
  private readonly waiting = new GroupMap<Set<OpenRequest>>();
  /** Whether a response to a group is for a device of this owner. */
  private isKnown = false;
  /** Translations that are asked for again, by their number. */
  private readonly retries = new Map<number, OpenRequest>();

  constructor(
    private readonly maker: SpanMaker,
    private readonly segment: number,
    private readonly epoch: number,
    private readonly model: FaultModel,
  ) {}

  decided(events: readonly SegmentEvent[]): void {
    if (this.model !== 'pri') return;
    for (const event of events) {
      // Events of a segment have a dozen shapes, so that even to read a kind takes time: it is read once.
      switch (event.kind) {
        case 'PageRequestSent':
          this.begin(event);
          break;
        case 'TranslationRequested':
          if (this.open.size > 0) this.retried(event);
          break;
        case 'TranslationReturned':
          if (this.retries.size > 0) this.retries.delete(event.translation);
          break;
        case 'DeviceReset':
          this.forget(event.device);
          break;
        default:
          break;
      }
    }
  }

  asks(subject: string, requests: readonly SegmentRequest[]): AskingSpan | undefined {
    if (this.open.size === 0) return undefined;
    let message: SentMessage | undefined;
    for (const { kind, request } of requests) {
      if (kind !== 'PageRequestMessage' || !this.samples(request)) continue;
      const root = this.open.get(request)?.root;
      // A stop marker is numbered like a request, and asks for nothing (R23).
      if (root) (message ??= this.maker.request(subject, requests.length)).asks(root, request);
    }
    return message;
  }

  translates(subject: string, requests: readonly TranslateRequest[]): AskingSpan | undefined {
    if (this.retries.size === 0) return undefined;
    let message: SentMessage | undefined;
    for (const { translation } of requests) {
      const root = this.retries.get(translation)?.root;
      if (root) (message ??= this.maker.request(subject, requests.length)).asks(root, translation);
    }
    return message;
  }

  reads(message: LogMessage, events: readonly (IommuEvent | CycleClosed)[]): ReceivedSpan | undefined {
    const received = this.maker.processLog(message, events.length);
    for (const event of events) {
      // Untraced messages may say it too.
      if (event.kind === 'SegmentResetSeen') this.resetSeen(event);
      else if (!received) continue;
      else if (event.kind === 'GroupResponded') this.hearGroup(event, received);
      else if (event.kind === 'PageRequestDropped' || event.kind === 'FaultRefused')
        this.hearAnswer(event, 'writtenAtMicros' in event ? event.writtenAtMicros : event.atMicros, received);
      else if (event.kind === 'StallEnded' && this.isOurs(event) && event.rounds > 0)
        received.tells(this.rootOf(event.request, event.rounds - 1));
    }
    return received;
  }

  appends(to: Addressed, events: readonly DurableSegmentEvent[]): SendingSpan | undefined {
    let message: SentMessage | undefined;
    for (const event of events) {
      if (event.kind !== 'AccessEnded' && event.kind !== 'AccessRetried') continue;
      const { request } = event;
      if (request === 0 || !this.samples(request)) continue;
      const stallRound = this.model === 'stall' && event.kind === 'AccessEnded' ? event.rounds - 1 : 0;
      if (stallRound < 0) continue;
      message ??= this.maker.publish(to, events.length);
      message.tells(this.rootOf(request, stallRound));
      const open = this.open.get(request);
      if (open) this.end(open, event, message);
    }
    return message;
  }

  /** The IOMMU has closed what was open before an epoch of a segment: answers from then on are for devices of that epoch (D9). */
  private resetSeen({ segment, segmentEpoch }: SegmentResetSeen): void {
    if (segment !== this.segment) return;
    // A newer one has devices of its own, which use the same indices.
    if (segmentEpoch >= this.epoch) this.isKnown = segmentEpoch === this.epoch;
  }

  private samples(request: number): boolean {
    return this.maker.sampler.samples(this.segment, this.epoch, request);
  }

  private rootOf(request: number, stallRound = 0): SpanIdentity {
    const { segment, epoch: segmentEpoch } = this;
    return this.maker.sampler.rootOf({ segment, segmentEpoch, request, stallRound });
  }

  private isOurs(event: { segment: number; segmentEpoch: number; request: number }): boolean {
    return event.segment === this.segment && event.segmentEpoch === this.epoch && this.samples(event.request);
  }

  private begin(sent: PageRequestSent): void {
    const { request, device, access, groupId } = sent;
    if (this.open.size > 0) this.closeForgotten(device, access);
    if (!this.samples(request)) return;
    const root = this.rootOf(request);
    const open: OpenRequest = {
      root,
      request,
      device,
      access,
      groupId,
      sent,
      respondedAtMicros: undefined,
      retries: [],
      isForgotten: false,
    };
    this.open.set(request, open);
    const group = this.waiting.get(device, groupId);
    if (group) group.add(open);
    else this.waiting.set(device, groupId, new Set([open]));
    let accesses = this.ofAccess.get(device);
    if (!accesses) this.ofAccess.set(device, (accesses = new Map()));
    accesses.set(access, open);
  }

  /** What was sent before a reset never settles when its access goes on (R21): there is no end to tell. */
  private closeForgotten(device: number, access: number): void {
    const before = this.ofAccess.get(device)?.get(access);
    if (before?.isForgotten) this.close(before);
  }

  private hearGroup(event: GroupResponded, received: ReceivedMessage): void {
    if (event.model !== 'pri' || event.segment !== this.segment || !this.isKnown) return;
    // An index is used anew as soon as it was answered (R10): what was answered before is not meant.
    for (const open of this.waiting.take(event.device, event.groupId) ?? []) {
      open.respondedAtMicros = event.respondedAtMicros;
      received.tells(open.root);
    }
  }

  private hearAnswer(
    event: { segment: number; segmentEpoch: number; request: number; answered: boolean },
    atMicros: number,
    received: ReceivedMessage,
  ): void {
    const open = this.isOurs(event) ? this.open.get(event.request) : undefined;
    if (!open) return;
    received.tells(open.root);
    if (!event.answered || open.respondedAtMicros !== undefined) return;
    open.respondedAtMicros = atMicros;
    this.waitsNoMore(open);
  }

  private waitsNoMore(open: OpenRequest): void {
    const group = this.waiting.get(open.device, open.groupId);
    if (group?.delete(open) && group.size === 0) this.waiting.take(open.device, open.groupId);
  }

  private end(open: OpenRequest, event: AccessEnded | AccessRetried, message: SentMessage): void {
    this.close(open);
    const { root, sent, respondedAtMicros } = open;
    const { receivedAtMicros } = event;
    const endMicros = event.kind === 'AccessEnded' ? event.endedAtMicros : event.retriedAtMicros;
    const settlement = event.kind === 'AccessEnded' ? event.outcome : 'retried';
    // An access that is lost may have had the answer to an earlier round.
    const isAnswered = receivedAtMicros >= sent.sentAtMicros;
    if (isAnswered && respondedAtMicros !== undefined && respondedAtMicros <= receivedAtMicros)
      message.stage(root, {
        name: 'delivery',
        startMicros: respondedAtMicros,
        endMicros: receivedAtMicros,
        attributes: {},
      });
    if (isAnswered)
      message.stage(root, {
        name: 'retry',
        startMicros: receivedAtMicros,
        endMicros,
        attributes: { [FAULTLINE.stage]: 'retry' },
      });
    this.tellRoot(open, endMicros, settlement, message);
  }

  private tellRoot(open: OpenRequest, endMicros: number, settlement: string, message: SentMessage): void {
    const { sent, root } = open;
    const { segment, epoch: segmentEpoch } = this;
    const isWell = settlement === 'completed' || settlement === 'retried';
    message.root(root, {
      name: 'fault',
      startMicros: sent.sentAtMicros,
      endMicros,
      attributes: {
        [FAULTLINE.fault]: faultName({ segment, segmentEpoch, request: sent.request, stallRound: 0 }),
        [FAULTLINE.model]: 'pri',
        [FAULTLINE.device]: sent.device,
        [FAULTLINE.pasid]: sent.pasid,
        [FAULTLINE.page]: sent.page,
        [FAULTLINE.access]: sent.access,
        [FAULTLINE.round]: sent.round,
        [FAULTLINE.groupId]: sent.groupId,
        [FAULTLINE.settlement]: settlement,
      },
      error: isWell ? undefined : settlement,
    });
  }

  private retried({ device, access, translation }: TranslationRequested): void {
    const request = this.ofAccess.get(device)?.get(access);
    if (!request) return;
    request.retries.push(translation);
    this.retries.set(translation, request);
  }

  private forget(device: number): void {
    for (const open of this.open.values()) if (open.device === device) open.isForgotten = true;
  }

  private close(open: OpenRequest): void {
    this.open.delete(open.request);
    const accesses = this.ofAccess.get(open.device);
    if (accesses?.get(open.access) === open) accesses.delete(open.access);
    for (const translation of open.retries)
      if (this.retries.get(translation) === open) this.retries.delete(translation);
    this.waitsNoMore(open);
  }
}
