import {
  type AnyIommuEvent,
  type AnyMmEvent,
  createIommu,
  createMmShard,
  createSegment,
  foldMm,
  foldRunResults,
  type GroupQueued,
  hasReadyResults,
  hasReadyRun,
  hasRingRecords,
  type IommuCommand,
  type MmEvent,
  needsFinishDrain,
  reachPosition,
  type RunResult,
  type SegmentCommand,
  type SegmentEvent,
  splitRuns,
} from '@faultline/domain';
import { bindEverything, MM_SHARDS, type PureUnits } from './pure-setup';
import { PureUnit } from './pure-unit';
import { writeAccess } from './pure-workload';

const PER_DEVICE = 256;

/** Where the time of the pure path goes: the parts of the path in the order in which a fault meets them. */
export const pureStages = ['device', 'translate', 'report', 'handle', 'respond'] as const;
export type PureStage = (typeof pureStages)[number];

/** A result on its way from the worker to the IOMMU. */
type Result = Extract<IommuCommand, { kind: 'AdmitResult' }>;

/** What one turn of the devices has for the two lanes of the IOMMU, each its own, as a segment's lanes sort it. */
interface Sent {
  translations: Extract<SegmentEvent, { kind: 'TranslationRequested' }>[];
  requests: Extract<SegmentEvent, { kind: 'PageRequestSent' }>[];
}

/** What one turn of the mm gives: the message of its log, and the results of the groups. */
interface Handled {
  installed: MmEvent[];
  results: Result[];
}

/**
 * A segment, an IOMMU with the fault reporting layer, and an mm shard in one process: deciders alone, without messages. Each part
 * takes what the part before made of all outstanding accesses, as it would from a message, and is timed as a whole.
 */
export class PureMachine {
  /** Accesses that ended. */
  ended = 0;
  /** Milliseconds each stage has taken. */
  readonly millis: Record<PureStage, number> = { device: 0, translate: 0, report: 0, handle: 0, respond: 0 };
  private readonly units: PureUnits;
  private readonly devices: number;
  private issued = 0;
  private sequence = 0;
  private now = 1;

  constructor(private readonly outstanding: number) {
    this.devices = Math.ceil(outstanding / PER_DEVICE);
    const devices = Array.from({ length: this.devices }, (_, device) => ({
      device,
      model: 'pri' as const,
      credits: PER_DEVICE,
      atcEntries: 0,
      pagesPerGroup: 1,
      responsePasidRequired: true,
    }));
    const entries = outstanding * 2;
    this.units = {
      segment: new PureUnit(createSegment({ segment: 0, devices })),
      iommu: new PureUnit(
        createIommu({
          iommu: 0,
          topology: 'per-iommu',
          priQueueEntries: entries,
          eventQueueEntries: entries,
          iotlbEntries: 1024,
          shards: MM_SHARDS,
        }),
      ),
      mm: new PureUnit(createMmShard({ shard: 0, frames: 2 ** 28 - 1 })),
    };
    bindEverything(this.units, this.devices, this.now);
  }

  /** Takes as many accesses as may be outstanding from their issue to their end. */
  turn(): void {
    this.now += 1_000;
    let commands: SegmentCommand[] = [];
    for (let place = 0; place < this.outstanding; place += 1) {
      commands.push(writeAccess(place % this.devices, this.issued, this.now));
      this.issued += 1;
    }
    while (commands.length > 0) {
      const sent = this.timed('device', () => this.devicesTurn(commands));
      const back: SegmentCommand[] = [];
      this.timed('translate', () => this.translate(sent.translations, back));
      const groups = this.timed('report', () => this.report(sent.requests));
      const handled = this.timed('handle', () => this.handle(groups));
      this.timed('respond', () => this.respond(handled, back));
      commands = back;
    }
    if (this.ended !== this.issued)
      throw new Error(`${this.issued} accesses were issued, but ${this.ended} ended`);
  }

  private timed<T>(stage: PureStage, work: () => T): T {
    const startedAt = performance.now();
    const result = work();
    this.millis[stage] += performance.now() - startedAt;
    return result;
  }

  private devicesTurn(commands: readonly SegmentCommand[]): Sent {
    const { segment } = this.units;
    const events: SegmentEvent[] = [];
    for (const command of commands) segment.apply(command, this.now, events);
    segment.apply({ kind: 'TakeTurn' }, this.now, events);
    const sent: Sent = { translations: [], requests: [] };
    for (const event of events) {
      if (event.kind === 'TranslationRequested') sent.translations.push(event);
      else if (event.kind === 'PageRequestSent') sent.requests.push(event);
      else if (event.kind === 'AccessEnded') this.ended += 1;
    }
    return sent;
  }

  private translate(translations: Sent['translations'], back: SegmentCommand[]): void {
    const { iommu } = this.units;
    for (const request of translations) {
      const { translation, device, pasid, page, permissions } = request;
      const command = { kind: 'Translate', translation, device, pasid, page, permissions } as const;
      for (const event of iommu.perform(command, this.now)) {
        if (event.kind !== 'TranslationCompleted') continue;
        const { status, permissions: granted, frame } = event;
        back.push({ kind: 'CompleteTranslation', translation, status, permissions: granted, frame });
      }
    }
  }

  /** Page requests reach the ring, and software drains it into groups. */
  private report(requests: Sent['requests']): GroupQueued[] {
    const { iommu } = this.units;
    const events: AnyIommuEvent[] = [];
    for (const event of requests) {
      const { request, device, pasid, page, permissions, groupId, last, round, sentAtMicros } = event;
      iommu.apply(
        {
          kind: 'ReceivePageRequest',
          segment: 0,
          segmentEpoch: 1,
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
        },
        this.now,
        events,
      );
    }
    while (hasRingRecords(iommu.state)) iommu.apply({ kind: 'DrainNext' }, this.now, events);
    if (needsFinishDrain(iommu.state)) iommu.apply({ kind: 'FinishDrain' }, this.now, events);
    return events.filter((event) => event.kind === 'GroupQueued');
  }

  /** Worker and mm: the shard takes all runs that have come in one turn, as it does a batch of its lane, and each group gets its result. */
  private handle(groups: readonly GroupQueued[]): Handled {
    const { mm } = this.units;
    const events: AnyMmEvent[] = [];
    for (const group of groups) this.open(group, events);
    while (hasReadyRun(mm.state)) mm.apply({ kind: 'Advance' }, this.now, events);
    const installed: MmEvent[] = [];
    const runs: RunResult[] = [];
    for (const event of events) {
      if (event.kind === 'PageInstalled') installed.push(event);
      else if (event.kind === 'RunFinished') runs.push(event.result);
    }
    this.sequence += 1;
    const results = groups.map((group, place) => this.resultOf(group, runs[place]));
    return { installed, results };
  }

  private open({ group, members }: GroupQueued, events: AnyMmEvent[]): void {
    // A group is one run, since there is one shard.
    if (splitRuns(members, MM_SHARDS).length !== 1) throw new Error(`group ${group} is not one run`);
    this.units.mm.apply({ kind: 'HandleRun', run: { run: group, members } }, this.now, events);
  }

  private resultOf({ group, device, members }: GroupQueued, run: RunResult | undefined): Result {
    if (run?.run !== group) throw new Error(`the run of group ${group} did not end in its turn`);
    const { code } = foldRunResults(members.length, [run]);
    const { sequence } = this;
    const positions = [{ shard: 0, sequence }];
    return { kind: 'AdmitResult', group, epoch: 1, device, code, positions, sequence };
  }

  /** The pages reach the IOMMU's replica, the results are admitted, and the devices are answered. */
  private respond({ installed, results }: Handled, back: SegmentCommand[]): void {
    const { iommu } = this.units;
    const events: AnyIommuEvent[] = [];
    for (const event of installed) foldMm(iommu.state, event);
    reachPosition(iommu.state, 0, this.sequence);
    for (const result of results) iommu.apply(result, this.now, events);
    while (hasReadyResults(iommu.state)) iommu.apply({ kind: 'RespondNext' }, this.now, events);
    for (const event of events) {
      if (event.kind !== 'GroupResponded') continue;
      const { device, groupId, pasid, code } = event;
      back.push({ kind: 'ReceiveResponse', device, groupId, pasid, code });
    }
  }
}
