import type { HandleRequest, SpanIdentity } from '@faultline/contracts';
import type { GroupHandled, GroupQueued, RequestRecord, RunMember } from '@faultline/domain';
import type { SendingSpan, WorkMessage } from '@faultline/hosting';
import type { Addressed, AskingSpan, GroupSpan, TracedRun, WorkerTracer, WorkSpan } from '@faultline/units';
import type { ReceivedMessage } from './received-message';
import type { SentMessage } from './sent-message';
import { FAULTLINE, partOf } from './span';
import { isStopMarker, type SpanMaker } from './span-maker';

/** A traced member of a group that is being handled. */
interface Member {
  root: SpanIdentity;
  record: RequestRecord;
  /** Its place in the group. */
  place: number;
  /** The span of its handling, which what the mm does is a part of. */
  mm: SpanIdentity;
}

/** Traces what one worker does: the end of the wait in a queue, and the handling. */
export class WorkerTraces implements WorkerTracer {
  constructor(private readonly maker: SpanMaker) {}

  takes(message: WorkMessage, groups: readonly GroupQueued[]): WorkSpan | undefined {
    const { deliveries } = message;
    const received = this.maker.processLog(message, groups.length, { [FAULTLINE.deliveries]: deliveries });
    if (!received) return undefined;
    const traced = new Map<GroupQueued, TracedGroup>();
    for (const group of groups) {
      const members = this.membersOf(group);
      if (members.length > 0) traced.set(group, new TracedGroup(this.maker, group, members));
      for (const { root } of members) received.tells(root);
    }
    return new Work(received, traced);
  }

  asks(
    subject: string,
    requests: readonly HandleRequest[],
    runs: readonly TracedRun[],
  ): AskingSpan | undefined {
    let message: SentMessage | undefined;
    for (const { run, members, group } of runs) {
      if (!(group instanceof TracedGroup)) continue;
      for (const { mm, record } of group.among(members))
        (message ??= this.maker.request(subject, requests.length)).asks(mm, run, members.indexOf(record));
    }
    return message;
  }

  appends(to: Addressed, results: number, groups: readonly GroupSpan[]): SendingSpan | undefined {
    const message = this.maker.publish(to, results);
    for (const group of groups) if (group instanceof TracedGroup) group.sentBy(message);
    return message;
  }

  private membersOf({ members, model }: GroupQueued): Member[] {
    const { sampler } = this.maker;
    const traced: Member[] = [];
    members.forEach((record, place) => {
      const { segment, segmentEpoch, request } = record;
      if (!sampler.samples(segment, segmentEpoch, request)) return;
      if (model === 'pri' && isStopMarker(record)) return;
      const root = sampler.rootOf({
        segment,
        segmentEpoch,
        request,
        stallRound: model === 'stall' ? record.round : 0,
      });
      traced.push({ root, record, place, mm: { traceId: root.traceId, spanId: this.maker.newSpanId() } });
    });
    return traced;
  }
}

class Work implements WorkSpan {
  constructor(
    private readonly received: ReceivedMessage,
    private readonly groups: ReadonlyMap<GroupQueued, TracedGroup>,
  ) {}

  of(group: GroupQueued): GroupSpan | undefined {
    return this.groups.get(group);
  }

  done(): void {
    this.received.done();
  }
}

class TracedGroup implements GroupSpan {
  private message: SpanIdentity | undefined;

  constructor(
    private readonly maker: SpanMaker,
    private readonly group: GroupQueued,
    private readonly members: readonly Member[],
  ) {}

  /** Those that are in a run. */
  among(run: readonly RunMember[]): readonly Member[] {
    return this.members.filter(({ record }) => run.includes(record));
  }

  sentBy(message: SentMessage): void {
    this.message = message.identity;
    for (const { root } of this.members) message.tells(root);
  }

  handled(result: GroupHandled): void {
    const { queuedAtMicros, queue } = this.group;
    const { startedAtMicros, handledAtMicros, iommu, epoch, group, code } = result;
    const links = this.message ? [this.message] : [];
    for (const { root, mm, place } of this.members) {
      const wait = {
        name: 'queue wait',
        startMicros: queuedAtMicros,
        endMicros: startedAtMicros,
        attributes: { [FAULTLINE.stage]: 'queueWait', [FAULTLINE.queue]: queue },
      };
      this.maker.take(partOf(root, this.maker.newSpanId(), wait, links));
      const { resolution = 'skipped', error = 'none' } = result.members[place] ?? {};
      const handling = {
        name: 'mm',
        startMicros: startedAtMicros,
        endMicros: handledAtMicros,
        attributes: {
          [FAULTLINE.stage]: 'mm',
          [FAULTLINE.group]: `${iommu}.${epoch}.${group}`,
          [FAULTLINE.code]: code,
          [FAULTLINE.resolution]: resolution,
          [FAULTLINE.error]: error,
        },
      };
      this.maker.take(partOf(root, mm.spanId, handling, links));
    }
  }
}
