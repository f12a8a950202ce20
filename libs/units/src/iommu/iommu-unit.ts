import {
  type CycleClosed,
  deadlineWallMicros,
  iommuUnit,
  IommuHistory,
  iopfSchema,
  type IommuProgress,
  mmSchema,
  queuesOfScenario,
  type ResolvedIommu,
  type ResolvedScenario,
  type Sender,
} from '@faultline/contracts';
import {
  type AnyIommuEvent,
  countIommu,
  IOMMU_STATE_VERSION,
  type IommuConfig,
  type Replica,
  resolveIommuConfig,
  restoreIommuState,
  createIommu,
  type Decider,
  type GroupHandled,
  ungroupedRecords,
  type IommuCommand,
  type IommuEvent,
  type IommuState,
  identifiedGroups,
  isDurableIommuEvent,
  isIdle,
  type MmEvent,
  oldestWaitingSequence,
  MmOutOfReach,
  openStalls,
  PasidInUse,
} from '@faultline/domain';
import {
  DelayLine,
  type LogMessage,
  ModelTime,
  RunningParts,
  UnitHost,
  type UnitJournal,
} from '@faultline/hosting';
import { followRecords, own, type OwnedUnit, PeerEpoch, type UnitPorts, Snapshots } from '../common';
import { type CycleLayout, cycleMessages } from './cycle-messages';
import { DeviceControl } from './device-control';
import { Fences } from './fences';
import { Invalidations } from './invalidations';
import { iommuConfigOf } from './iommu-config';
import { IommuLanes } from './iommu-lanes';
import { SegmentLink } from './segment-link';
import { succeed } from './succession';
import { TeardownDriver } from './teardown-driver';
import { TurnEnd } from './turn-end';

interface ArrivingResults {
  subject: string;
  sequence: number;
  commands: readonly IommuCommand[];
}

/** What a snapshot of an IOMMU holds: with its page-table replica, so that the shards' logs need not be read from their beginning. */
interface IommuSnapshot {
  durable: IommuState['durable'];
  replica: Replica;
  inputs: CycleClosed['inputs'];
}

/** Runs one IOMMU: its lanes, its inputs from the log, what it does at the end of a turn. Decisions are the decider's. */
export class IommuUnit implements OwnedUnit {
  readonly name: string;
  private readonly time: ModelTime;
  private journal!: UnitJournal;
  private host!: UnitHost<IommuState, IommuCommand, AnyIommuEvent>;
  private lanes!: IommuLanes;
  private link!: SegmentLink;
  private fences!: Fences;
  private invalidations!: Invalidations;
  private teardowns!: TeardownDriver;
  private devices!: DeviceControl;
  private readonly turnEnd: TurnEnd;
  private readonly parts = new RunningParts();
  /** Positions up to which this IOMMU has decided about its inputs, by subject (D5); and those that the next turn decides about. */
  private readonly inputs = new Map<string, number>();
  private readonly arrived = new Map<string, number>();
  /** Results on their modelled way to a response. In order, since the positions that the unit has read to only go up. */
  private readonly results: DelayLine<ArrivingResults>;
  private overflows = 0;
  private snapshots!: Snapshots<IommuState, IommuSnapshot>;
  private readonly tracer = this.ports.tracer?.iommu(this.iommu.model);

  constructor(
    private readonly ports: UnitPorts,
    private readonly scenario: ResolvedScenario,
    private readonly iommu: ResolvedIommu,
    /** The unit can go no further, or has another owner. */
    private readonly onFailure: (error: Error) => void,
  ) {
    this.name = iommuUnit(iommu.iommu);
    this.time = new ModelTime(ports.clock, scenario.timeScale);
    const { interruptMicros, deviceMicros, responseMicros } = scenario.cost;
    this.results = new DelayLine(this.time, responseMicros, ({ subject, sequence, commands }) => {
      this.arrived.set(subject, sequence);
      this.host.submit(commands);
    });
    // For stalls the writing of the record is part of the way to software.
    const noticeMicros = iommu.model === 'stall' ? interruptMicros + deviceMicros : interruptMicros;
    this.turnEnd = new TurnEnd(ports.clock, this.time, noticeMicros, () => this.host.wake());
  }

  /** What the laboratory may ask. */
  get control(): DeviceControl {
    return this.devices;
  }

  async start(): Promise<void> {
    const { ports, iommu, scenario } = this;
    const { subjects } = ports;
    await this.openHost();
    const sender: Sender = { kind: 'Sender', unit: this.name, epoch: this.journal.epoch };
    const { invalidationMicros, teardownStepMicros } = scenario.deadlines;
    const segment = new PeerEpoch();
    this.link = new SegmentLink(ports, iommu, sender, segment);
    this.fences = new Fences(this.host);
    this.invalidations = new Invalidations(
      this.host,
      iommu,
      this.link,
      this.fences,
      ports.clock,
      deadlineWallMicros(invalidationMicros, scenario),
      sender,
    );
    this.teardowns = new TeardownDriver(
      this.host,
      this.link,
      this.invalidations,
      this.fences,
      ports.clock,
      deadlineWallMicros(teardownStepMicros, scenario),
    );
    const { invalidations } = this;
    this.devices = new DeviceControl(this.host, iommu, scenario, this.teardowns, this.fences, invalidations);
    this.lanes = new IommuLanes(ports, this.host, iommu, invalidations, sender, this.behind(), segment);
    this.teardowns.resume();
    await this.parts.open(() =>
      followRecords(ports, {
        subject: subjects.mmLogAny,
        schemas: [mmSchema],
        unit: this.name,
        fromSequence: readUpTo(this.host.state.volatile.replica) + 1,
        onRecords: (records, message) => this.foldMm(records, message),
        onFailure: this.onFailure,
      }),
    );
    await this.parts.open(() =>
      followRecords(ports, {
        subject: subjects.iopfLog(iommu.iommu),
        schemas: [iopfSchema],
        unit: this.name,
        fromSequence: (this.inputs.get(subjects.iopfLog(iommu.iommu)) ?? 0) + 1,
        onRecords: (records, message) => this.admit(records, message),
        onFailure: this.onFailure,
      }),
    );
    await this.lanes.start(async () => {
      // The first owner begins with empty logs and empty caches.
      if (this.journal.epoch > 1) await succeed(ports, scenario, invalidations);
    });
  }

  asOwner<T>(answer: () => Promise<T> | T): Promise<T> {
    return this.host.asOwner(answer);
  }

  async close(): Promise<void> {
    this.turnEnd.stop();
    this.teardowns?.stop();
    this.lanes?.stop();
    this.link?.close();
    this.invalidations?.close();
    this.fences?.close();
    this.host?.close();
    await this.parts.stop();
    if (!this.host) return;
    await this.host.settled();
    await this.snapshots.takeLast(this.host, this.journal);
  }

  private snapshotsOf(layout: CycleLayout): Snapshots<IommuState, IommuSnapshot> {
    const { subjects, iommu } = layout;
    return new Snapshots(this.ports, {
      unit: this.name,
      stateVersion: IOMMU_STATE_VERSION,
      subjects: subjectsOfUnit(layout),
      capture: ({ durable, volatile: { replica } }) => ({ durable, replica, inputs: this.inputPositions() }),
      followed: ({ replica, inputs }) => [
        [subjects.iopfLog(iommu), 0] as const,
        ...inputs.map(({ subject, sequence }) => [subject, sequence] as const),
        ...this.scenario.shards.map(({ shard }) => [subjects.mmLog(shard), readUpTo(replica)] as const),
      ],
    });
  }

  progress(): IommuProgress {
    const { state } = this.host;
    const counters = countIommu(state);
    return {
      pendingGroups: counters.pendingGroups,
      ringRecords: counters.priRecords + counters.eventRecords,
      openStalls: counters.heldStalls,
      overflows: this.overflows,
      drained: isIdle(state) && this.host.backlog === 0,
    };
  }

  private async openHost(): Promise<void> {
    const { ports, iommu, scenario } = this;
    const { subjects } = ports;
    const config = iommuConfigOf(iommu, scenario);
    const queues = queuesOfScenario(scenario, iommu.iommu);
    const { groupsPerMessage } = scenario.workers;
    const layout = { subjects, iommu: iommu.iommu, queues, groupsPerMessage };
    this.snapshots = this.snapshotsOf(layout);
    const decider = createIommu(config);
    const state = await this.recover(decider, config, layout);
    this.parts.refuseClosed();
    this.tracer?.begins(this.journal.epoch, {
      groups: identifiedGroups(state),
      stalls: openStalls(state),
      ungrouped: ungroupedRecords(state),
    });
    this.host = new UnitHost(
      {
        decider,
        isDurable: isDurableIommuEvent,
        isRefusal: (error) => error instanceof PasidInUse || error instanceof MmOutOfReach,
        messages: (events) =>
          cycleMessages(layout, events as readonly IommuEvent[], this.inputPositions(), this.tracer),
        conclude: (state, apply) => this.turnEnd.conclude(state, apply),
        decided: () => {
          if (this.arrived.size === 0) return;
          for (const [subject, sequence] of this.arrived) this.inputs.set(subject, sequence);
          this.arrived.clear();
        },
        released: (events, durable) => this.released(events, durable),
      },
      this.journal,
      ports.clock,
      this.onFailure,
      state,
    );
  }

  /** What the log tells of the owners before. The queues first, then `hw`, which completes the epoch (D5). */
  private async recover(
    decider: Decider<IommuState, IommuCommand, AnyIommuEvent>,
    config: IommuConfig,
    layout: CycleLayout,
  ): Promise<IommuState> {
    const { subjects, iommu } = layout;
    const snapshot = await this.snapshots.load();
    let state = decider.initial();
    if (snapshot) {
      const { durable, replica, inputs } = snapshot.state;
      state = restoreIommuState(resolveIommuConfig(config), durable, replica);
      for (const { subject, sequence } of inputs) this.inputs.set(subject, sequence);
    }
    const history = new IommuHistory(
      (event) => (state = decider.evolve(state, event)),
      (inputs) => {
        for (const { subject, sequence } of inputs) this.inputs.set(subject, sequence);
      },
    );
    this.journal = await own(this.ports, {
      unit: this.name,
      subjects: subjectsOfUnit(layout),
      pattern: subjects.iommuLog(iommu),
      from: snapshot ?? { sequence: 0, epoch: 0 },
      snapshots: this.snapshots,
      fold: (message) => history.take(message),
      begin: (epoch) => {
        const begun = decider.decide(state, { kind: 'BeginEpoch', epoch }, 0) as readonly IommuEvent[];
        const inputs = [...this.inputs].map(([subject, sequence]) => ({ subject, sequence }));
        return cycleMessages(layout, begun, inputs).flat();
      },
    });
    return state;
  }

  private behind(): Set<number> {
    const behind = this.scenario.devices.filter((device) => device.iommu === this.iommu.iommu);
    return new Set(behind.map((device) => device.device));
  }

  private foldMm(events: readonly MmEvent[], message: LogMessage): void {
    const span = this.ports.tracer?.reads(message);
    this.lanes.foldMm(events, message);
    span?.done();
    // A snapshot saves folding these as well, and holds on to the shards' logs as long as it is old.
    this.snapshots.count(events.length, this.host, this.journal);
  }

  private admit(results: readonly GroupHandled[], message: LogMessage): void {
    const { subject, sequence } = message;
    this.ports.meter?.admits(results);
    const span = this.tracer?.admits(message, results);
    const commands = results.map(({ group, epoch, device, code, positions }): IommuCommand => {
      return { kind: 'AdmitResult', group, epoch, device, code, positions, sequence };
    });
    this.results.push({ subject, sequence, commands });
    span?.done();
  }

  private inputPositions(): { subject: string; sequence: number }[] {
    // A result that waits for the replica is not in the log yet: a successor must read it again.
    const waiting = oldestWaitingSequence(this.host.state);
    return [...this.inputs].map(([subject, sequence]) => ({
      subject,
      sequence: waiting === undefined ? sequence : Math.min(sequence, waiting - 1),
    }));
  }

  /** These events are in the log. */
  private released(events: readonly AnyIommuEvent[], durable: number): void {
    for (const event of events) if (event.kind === 'RingOverflowSet') this.overflows += 1;
    this.ports.meter?.released(events);
    this.fences?.released(events);
    this.teardowns?.released(events);
    this.lanes?.released(events);
    this.snapshots.count(durable, this.host, this.journal);
  }
}

/** Everything an IOMMU writes: the queues first, then `hw`, which completes an epoch and a cycle (D5). */
function subjectsOfUnit({ subjects, iommu, queues }: CycleLayout): string[] {
  return [...queues.map((queue) => subjects.queueLog(iommu, queue)), subjects.hwLog(iommu)];
}

/** The shards' logs are read in the log's one order, so what was read of one shard last says how far all of them were read. */
function readUpTo({ positions }: Replica): number {
  return Math.max(...positions);
}
