import {
  iommuHwSchema,
  type PageRequestMessage,
  pageRequestSchema,
  segmentSchema,
  type Sender,
  type TranslateRequest,
  translateSchema,
} from '@faultline/contracts';
import type { DurableSegmentEvent } from '@faultline/domain';
import { BatchLane, type LogMessage } from '@faultline/hosting';
import { ClosedLoop } from '../support/closed-loop';
import type { RoleDevice } from '../support/role';
import { CycleWriter } from './cycle-writer';
import { fail, journalOf, LANE_MILLIS, MAX_BATCH, type SkeletonPorts } from './ports';

const SENDER: Sender = { kind: 'Sender', unit: 'segment.0', epoch: 1 };
const FIRST_PAGE = 65_536;
/** Translations are numbered by their slot; the second of a fault, after the response, is told by this offset. */
const AGAIN = 2 ** 20;

/** Keeps the loop of faults going, with the lanes, the consumer and the append of a device segment. */
export class SkeletonDevice implements RoleDevice {
  private loop: ClosedLoop | undefined;
  private readonly translations: BatchLane<TranslateRequest>;
  private readonly requests: BatchLane<PageRequestMessage>;
  private readonly cycle: CycleWriter<DurableSegmentEvent>;

  constructor(private readonly ports: SkeletonPorts) {
    const options = { clock: ports.clock, maxBatch: MAX_BATCH, onError: fail };
    this.translations = new BatchLane({ ...options, send: (batch) => this.translate(batch) });
    this.requests = new BatchLane({ ...options, send: (batch) => this.request(batch) });
    this.cycle = new CycleWriter(ports, journalOf(ports, 'segment.0'), (events) => [
      [{ subject: ports.subjects.segmentLog(0), schema: segmentSchema, body: segmentSchema.encode(events) }],
    ]);
  }

  async start(): Promise<this> {
    const { log, subjects } = this.ports;
    const onMessage = (message: LogMessage): void => this.readHardware(message);
    await log.follow({ subject: subjects.hwLog(0), fromSequence: 1, onMessage, onError: fail });
    return this;
  }

  begin(outstanding: number): void {
    this.loop = new ClosedLoop(
      outstanding,
      (slot) => this.push(slot, slot),
      () => this.ports.clock.nowMicros(),
    );
    this.loop.begin();
  }

  open(): void {
    this.loop?.open();
  }

  close(): ReturnType<ClosedLoop['close']> {
    if (!this.loop) throw new Error('the loop has not begun');
    return this.loop.close();
  }

  private push(translation: number, slot: number): void {
    this.translations.push({
      kind: 'TranslateRequest',
      translation,
      device: slot >> 8,
      pasid: 1,
      page: FIRST_PAGE + slot,
      permissions: 2,
    });
  }

  private async translate(batch: readonly TranslateRequest[]): Promise<void> {
    const { lanes, subjects, clock } = this.ports;
    const body = translateSchema.encode(batch, [SENDER]);
    const ended: DurableSegmentEvent[] = [];
    for (const record of translateSchema.decode(
      await lanes.request(subjects.translate(0), body, LANE_MILLIS),
    )) {
      if (record.kind !== 'TranslateReply') continue;
      if (record.translation < AGAIN) this.missed(record.translation, clock.nowMicros());
      else ended.push(this.end(record.translation - AGAIN, clock.nowMicros()));
    }
    if (ended.length > 0) this.cycle.push(ended);
  }

  private missed(slot: number, sentAtMicros: number): void {
    const where = { segment: 0, request: slot, device: slot >> 8, pasid: 1, page: FIRST_PAGE + slot };
    this.requests.push({
      kind: 'PageRequestMessage',
      ...where,
      permissions: 2,
      groupId: slot & 511,
      last: true,
      round: 0,
      sentAtMicros,
    });
  }

  private async request(batch: readonly PageRequestMessage[]): Promise<void> {
    const { lanes, subjects } = this.ports;
    const body = pageRequestSchema.encode(batch, [SENDER]);
    pageRequestSchema.decode(await lanes.request(subjects.pageRequest(0), body, LANE_MILLIS));
  }

  private readHardware(message: LogMessage): void {
    for (const record of iommuHwSchema.decode(message.body)) {
      if (record.kind === 'GroupResponded') this.push(record.group + AGAIN, record.group);
    }
  }

  private end(slot: number, now: number): DurableSegmentEvent {
    const started = this.loop?.startedAt(slot) ?? 0;
    this.loop?.ended(slot);
    const where = {
      device: slot >> 8,
      access: slot,
      pasid: 1,
      page: FIRST_PAGE + slot,
      offset: 0,
      permissions: 2,
    };
    const times = {
      intendedAtMicros: started,
      startedAtMicros: started,
      receivedAtMicros: now,
      endedAtMicros: now,
    };
    return { kind: 'AccessEnded', ...where, outcome: 'completed', rounds: 1, request: slot, ...times };
  }
}
