import {
  type AnyIommuEvent,
  createIommu,
  createMmShard,
  createSegment,
  foldMm,
  foldRunResults,
  type GroupQueued,
  type GroupRunResult,
  hasReadyResults,
  hasReadyRun,
  hasRingRecords,
  type IommuCommand,
  type MmEvent,
  needsFinishDrain,
  reachPosition,
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
      this.timed('translate', () => this.translate(sent, back));
      const groups = this.timed('report', () => this.report(sent));
      const handled = this.timed('handle', () => groups.map((group) => this.handle(group)));
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

  private devicesTurn(commands: readonly SegmentCommand[]): SegmentEvent[] {
    const { segment } = this.units;
    const events: SegmentEvent[] = [];
    for (const command of commands) segment.apply(command, this.now, events);
    segment.apply({ kind: 'TakeTurn' }, this.now, events);
    for (const event of events) if (event.kind === 'AccessEnded') this.ended += 1;
    return events;
  }

  private translate(sent: readonly SegmentEvent[], back: SegmentCommand[]): void {
    const { iommu } = this.units;
    const completed: AnyIommuEvent[] = [];
    for (const event of sent) {
      if (event.kind !== 'TranslationRequested') continue;
      const { translation, device, pasid, page, permissions } = event;
      iommu.apply({ kind: 'Translate', translation, device, pasid, page, permissions }, this.now, completed);
    }
    for (const event of completed) {
      if (event.kind !== 'TranslationCompleted') continue;
      const { translation, status, permissions, frame } = event;
      back.push({ kind: 'CompleteTranslation', translation, status, permissions, frame });
    }
  }

  /** Page requests reach the ring, and software drains it into groups. */
  private report(sent: readonly SegmentEvent[]): GroupQueued[] {
    const { iommu } = this.units;
    const events: AnyIommuEvent[] = [];
    for (const event of sent) {
      if (event.kind !== 'PageRequestSent') continue;
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

  /** Worker and mm: a group's runs are handled one after the other. */
  private handle(group: GroupQueued): { installed: MmEvent[]; result: Result } {
    const installed: MmEvent[] = [];
    const results = splitRuns(group.members, MM_SHARDS).map(({ start, end }) =>
      this.run(
        group.group,
        start === 0 && end === group.members.length ? group.members : group.members.slice(start, end),
        installed,
      ),
    );
    const { code } = foldRunResults(group.members.length, results);
    this.sequence += 1;
    const { sequence } = this;
    const positions = [{ shard: 0, sequence }];
    const { group: number, device } = group;
    return {
      installed,
      result: { kind: 'AdmitResult', group: number, epoch: 1, device, code, positions, sequence },
    };
  }

  private run(run: number, members: GroupQueued['members'], installed: MmEvent[]): GroupRunResult {
    const { mm } = this.units;
    const events: ReturnType<typeof mm.decider.decide>[number][] = [];
    mm.apply({ kind: 'HandleRun', run: { run, members } }, this.now, events);
    while (hasReadyRun(mm.state)) mm.apply({ kind: 'Advance' }, this.now, events);
    let result: GroupRunResult | undefined;
    for (const event of events) {
      if (event.kind === 'RunFinished') result = event.result;
      else if (event.kind === 'PageInstalled') installed.push(event);
    }
    if (!result) throw new Error('a run without modelled cost did not end');
    return result;
  }

  /** The pages reach the IOMMU's replica, the results are admitted, and the devices are answered. */
  private respond(
    handled: readonly { installed: MmEvent[]; result: Result }[],
    back: SegmentCommand[],
  ): void {
    const { iommu } = this.units;
    const events: AnyIommuEvent[] = [];
    for (const { installed, result } of handled) {
      for (const event of installed) foldMm(iommu.state, event);
      reachPosition(iommu.state, 0, result.sequence);
      iommu.apply(result, this.now, events);
    }
    while (hasReadyResults(iommu.state)) iommu.apply({ kind: 'RespondNext' }, this.now, events);
    for (const event of events) {
      if (event.kind !== 'GroupResponded') continue;
      const { device, groupId, pasid, code } = event;
      back.push({ kind: 'ReceiveResponse', device, groupId, pasid, code });
    }
  }
}
