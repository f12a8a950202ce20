import type {
  AccessEnded,
  GroupDiscarded,
  GroupHandled,
  GroupQueued,
  GroupResponded,
} from '@faultline/domain';
import type { PathEvent, PathMeter } from '@faultline/units';
import { SECONDS_BOUNDS } from './catalogue';
import { type Count, countFamily, type Family, type Slots, slotFamily } from './families';

/** Results of which an IOMMU has not said what became of them; what was read twice, or of groups that are gone, is forgotten in the end. */
const MOST_RESULTS = 65_536;

/** By `ResponseCode`. */
const CODES = ['success', 'invalid', 'failure'] as const;

const seconds = (fromMicros: number, toMicros: number): number => (toMicros - fromMicros) / 1e6;

/** Counts the events of the path, and times its stages: a few additions for each, since every fault passes here. */
export class PathMetrics implements PathMeter {
  private readonly events = countFamily('faultline_events_total');
  private readonly responses = countFamily('faultline_responses_total');
  private readonly dropped = countFamily('faultline_requests_dropped_total');
  private readonly stages = slotFamily('faultline_stage_seconds', SECONDS_BOUNDS);
  private readonly accesses = slotFamily('faultline_access_seconds', SECONDS_BOUNDS);
  private readonly eventsByKind = new Map<string, Count>();
  private readonly stage = {
    deviceToIommu: once(() => this.stages.of('deviceToIommu')),
    iommuToQueue: once(() => this.stages.of('iommuToQueue')),
    queueWait: once(() => this.stages.of('queueWait')),
    mm: once(() => this.stages.of('mm')),
    response: once(() => this.stages.of('response')),
    retry: once(() => this.stages.of('retry')),
  };
  /** When the results that were read were ready, by group. */
  private readonly handledAtMicros = new Map<string, number>();

  get families(): readonly (Family<Count> | Family<Slots>)[] {
    return [this.events, this.responses, this.dropped, this.stages, this.accesses];
  }

  released(events: readonly PathEvent[]): void {
    for (const event of events) {
      this.countOf(event.kind).value += 1;
      if (event.kind === 'GroupResponded') this.responded(event);
      else if (event.kind === 'GroupDiscarded') this.take(event);
      else if (event.kind === 'PageRequestDropped') this.dropped.of(event.cause).value += 1;
      else if (event.kind === 'AccessEnded') this.ended(event);
    }
  }

  handled(
    { members, queuedAtMicros }: GroupQueued,
    { startedAtMicros, handledAtMicros }: GroupHandled,
  ): void {
    const last = members[members.length - 1];
    if (!last) return;
    const { stage } = this;
    stage.deviceToIommu().record(seconds(last.sentAtMicros, last.writtenAtMicros));
    stage.iommuToQueue().record(seconds(last.writtenAtMicros, queuedAtMicros));
    stage.queueWait().record(seconds(queuedAtMicros, startedAtMicros));
    stage.mm().record(seconds(startedAtMicros, handledAtMicros));
  }

  admits(results: readonly GroupHandled[]): void {
    for (const { device, epoch, group, handledAtMicros } of results)
      this.handledAtMicros.set(keyOf(device, epoch, group), handledAtMicros);
    if (this.handledAtMicros.size <= MOST_RESULTS) return;
    for (const key of this.handledAtMicros.keys()) {
      if (this.handledAtMicros.size <= MOST_RESULTS) break;
      this.handledAtMicros.delete(key);
    }
  }

  private responded(event: GroupResponded): void {
    this.responses.of(CODES[event.code], event.cause).value += 1;
    const handled = this.take(event);
    if (handled !== undefined) this.stage.response().record(seconds(handled, event.respondedAtMicros));
  }

  private ended({ outcome, startedAtMicros, receivedAtMicros, endedAtMicros }: AccessEnded): void {
    if (receivedAtMicros > 0) this.stage.retry().record(seconds(receivedAtMicros, endedAtMicros));
    this.accesses.of(outcome).record(seconds(startedAtMicros, endedAtMicros));
  }

  /** When the group's result was ready; nobody asks again. */
  private take({ device, groupEpoch, group }: GroupResponded | GroupDiscarded): number | undefined {
    const key = keyOf(device, groupEpoch, group);
    const micros = this.handledAtMicros.get(key);
    if (micros !== undefined) this.handledAtMicros.delete(key);
    return micros;
  }

  private countOf(kind: string): Count {
    let count = this.eventsByKind.get(kind);
    if (!count) {
      count = this.events.of(kind);
      this.eventsByKind.set(kind, count);
    }
    return count;
  }
}

/** A device is behind one IOMMU, so it stands for that in the identity of a group (D1). */
const keyOf = (device: number, epoch: number, group: number): string => `${device}/${epoch}/${group}`;

/** Made when it is first asked for, so that a process shows only what it has. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
