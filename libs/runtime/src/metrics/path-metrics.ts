import type { AccessEnded, GroupHandled, GroupQueued, GroupResponded } from '@faultline/domain';
import type { PathEvent, PathMeter } from '@faultline/units';
import { byValue, type Count, countFamily, type Family, once, secondsFamily, type Slots } from './families';
import { ResultTimes } from './result-times';

/** By `ResponseCode`. */
const CODES = ['success', 'invalid', 'failure'] as const;

const DROP_CAUSES = ['overflow', 'pri-off', 'unknown-device', 'fenced'] as const;
/** What is watched for and may never happen. */
const RARE_EVENTS = ['RingOverflowSet', 'AccessRetried'] as const satisfies PathEvent['kind'][];

/** Counts the events of the path, and times its stages: a few additions for each, since every fault passes here. */
export class PathMetrics implements PathMeter {
  private readonly events = countFamily('faultline_events_total');
  private readonly responses = countFamily('faultline_responses_total');
  private readonly dropped = countFamily('faultline_requests_dropped_total');
  private readonly stages = secondsFamily('faultline_stage_seconds');
  private readonly accesses = secondsFamily('faultline_access_seconds');
  private readonly eventsOf: Partial<Record<PathEvent['kind'], Count>> = {};
  private readonly responsesOf = CODES.map((code) => byValue((cause) => this.responses.of(code, cause)));
  private readonly droppedOf = this.dropped.each(DROP_CAUSES);
  private readonly stage = {
    deviceToIommu: once(() => this.stages.of('deviceToIommu')),
    iommuToQueue: once(() => this.stages.of('iommuToQueue')),
    queueWait: once(() => this.stages.of('queueWait')),
    mm: once(() => this.stages.of('mm')),
    response: once(() => this.stages.of('response')),
    retry: once(() => this.stages.of('retry')),
  };
  private readonly accessesOf = byValue((outcome) => this.accesses.of(outcome));
  /** When the results that IOMMUs have read were ready. */
  private readonly results = new ResultTimes();

  constructor() {
    this.events.each(RARE_EVENTS);
    // A worker answers with any code, and whoever else does with INVALID.
    for (const code of CODES) this.responses.each(['handled'], code);
    this.responses.each(['timeout', 'teardown', 'removed', 'replaced'], 'invalid');
  }

  get families(): readonly (Family<Count> | Family<Slots>)[] {
    return [this.events, this.responses, this.dropped, this.stages, this.accesses];
  }

  released(events: readonly PathEvent[]): void {
    // Neighbours are often of one kind, and then nothing is looked up.
    let lastKind: PathEvent['kind'] | undefined;
    let count: Count | undefined;
    for (const event of events) {
      const { kind } = event;
      if (count === undefined || kind !== lastKind) count = this.eventsOf[kind] ?? this.addKind(kind);
      lastKind = kind;
      count.value += 1;
      switch (kind) {
        case 'GroupResponded':
          this.responded(event);
          break;
        case 'AccessEnded':
          this.ended(event);
          break;
        case 'GroupDiscarded':
          this.results.take(event);
          break;
        case 'PageRequestDropped':
          this.droppedOf[event.cause].value += 1;
          break;
        default:
          break;
      }
    }
  }

  handled(
    { members, queuedAtMicros }: GroupQueued,
    { startedAtMicros, handledAtMicros }: GroupHandled,
  ): void {
    const last = members[members.length - 1];
    if (!last) return;
    this.stage.deviceToIommu().record(last.writtenAtMicros - last.sentAtMicros);
    this.stage.iommuToQueue().record(queuedAtMicros - last.writtenAtMicros);
    this.stage.queueWait().record(startedAtMicros - queuedAtMicros);
    this.stage.mm().record(handledAtMicros - startedAtMicros);
  }

  admits(results: readonly GroupHandled[]): void {
    for (const result of results) this.results.add(result);
  }

  private addKind(kind: PathEvent['kind']): Count {
    return (this.eventsOf[kind] = this.events.of(kind));
  }

  private responded(event: GroupResponded): void {
    const count = this.responsesOf[event.code]?.(event.cause);
    if (count) count.value += 1;
    const handledAtMicros = this.results.take(event);
    if (handledAtMicros !== undefined)
      this.stage.response().record(event.respondedAtMicros - handledAtMicros);
  }

  private ended({ outcome, startedAtMicros, receivedAtMicros, endedAtMicros }: AccessEnded): void {
    if (receivedAtMicros > 0) this.stage.retry().record(endedAtMicros - receivedAtMicros);
    this.accessesOf(outcome).record(endedAtMicros - startedAtMicros);
  }
}
