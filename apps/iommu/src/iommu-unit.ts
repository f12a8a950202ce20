import {
  type ControlVerbs,
  iopfSchema,
  type IommuProgress,
  mmSchema,
  type ResolvedDevice,
  type ResolvedIommu,
  type ResolvedScenario,
} from '@faultline/contracts';
import {
  type AnyIommuEvent,
  countIommu,
  createIommu,
  type GroupHandled,
  hasReadyResults,
  hasRetries,
  hasRingRecords,
  type IommuCommand,
  type IommuEvent,
  type IommuState,
  isDurableIommuEvent,
  isIdle,
  needsFinishDrain,
  oldestWaitingSequence,
  parseTopology,
  queuesOf,
} from '@faultline/domain';
import { DelayLine, type LogMessage, ModelTime, type Running, UnitHost } from '@faultline/hosting';
import { followRecords, openJournal, type ServicePorts } from '@faultline/runtime';
import { cycleMessages } from './cycle-messages';
import { IommuLanes } from './iommu-lanes';

interface ArrivingResults {
  subject: string;
  sequence: number;
  commands: readonly IommuCommand[];
}

/** Runs one IOMMU: its lanes, its inputs from the log, its ring's interrupt. Decisions are the decider's. */
export class IommuUnit {
  readonly name: string;
  private readonly epoch = 1;
  private readonly time: ModelTime;
  private host!: UnitHost<IommuState, IommuCommand, AnyIommuEvent>;
  private lanes!: IommuLanes;
  private readonly running: Running[] = [];
  /** Positions this IOMMU has read its inputs to, by subject (D5). */
  private readonly inputs = new Map<string, number>();
  /** Model time from a record in a ring until software has read it; for stalls the writing of the record is part of it. */
  private readonly interruptMicros: number;
  /** Results on their modelled way to a response. In order, since the positions that the unit has read to only go up. */
  private readonly results: DelayLine<ArrivingResults>;
  private interruptPending = false;
  private drainDue = false;
  private overflows = 0;

  constructor(
    private readonly ports: ServicePorts,
    private readonly scenario: ResolvedScenario,
    private readonly iommu: ResolvedIommu,
  ) {
    this.name = `iommu.${iommu.iommu}`;
    this.time = new ModelTime(ports.clock, scenario.timeScale);
    const { interruptMicros, deviceMicros, responseMicros } = scenario.cost;
    this.results = new DelayLine(this.time, responseMicros, ({ subject, sequence, commands }) => {
      this.inputs.set(subject, sequence);
      this.host.submit(commands);
    });
    this.interruptMicros = iommu.model === 'stall' ? interruptMicros + deviceMicros : interruptMicros;
  }

  async start(): Promise<void> {
    const { ports, iommu, scenario } = this;
    const { subjects, clock } = ports;
    const topology = parseTopology(scenario.queues);
    if (!topology) throw new Error(`topology ${scenario.queues} is unknown`);
    const queues = queuesOf(topology, {
      iommus: [iommu.iommu],
      mms: scenario.processes.map((each) => each.mm),
    });
    const layout = {
      subjects,
      iommu: iommu.iommu,
      queues,
      groupsPerMessage: scenario.workers.groupsPerMessage,
    };
    const own = [
      subjects.hwLog(iommu.iommu),
      ...queues.map((queue) => subjects.queueLog(iommu.iommu, queue)),
    ];
    const journal = await openJournal(ports, this.name, this.epoch, own);
    const decider = createIommu({
      iommu: iommu.iommu,
      topology,
      priQueueEntries: iommu.priQueueEntries,
      eventQueueEntries: iommu.eventQueueEntries,
      iotlbEntries: iommu.iotlbEntries,
      shards: scenario.shards.length,
    });
    this.host = new UnitHost(
      {
        decider,
        isDurable: isDurableIommuEvent,
        messages: (events) => cycleMessages(layout, events as readonly IommuEvent[], this.inputPositions()),
        conclude: (state, apply) => this.conclude(state, apply),
        released: (events) => this.count(events),
      },
      journal,
      clock,
      (error) => ports.fail(error),
    );
    const devices = new Set(
      scenario.devices.filter((device) => device.iommu === iommu.iommu).map((device) => device.device),
    );
    this.lanes = new IommuLanes(ports, this.host, iommu, this.name, this.epoch, devices);
    await this.host.settle([{ kind: 'BeginEpoch', epoch: this.epoch }]);
    await this.lanes.start();
    this.running.push(
      await followRecords(ports, {
        subject: subjects.mmLogAny,
        schemas: [mmSchema],
        unit: this.name,
        onRecords: (records, message) => this.lanes.foldMm(records, message),
      }),
      await followRecords(ports, {
        subject: subjects.iopfLog(iommu.iommu),
        schemas: [iopfSchema],
        unit: this.name,
        onRecords: (records, message) => this.admit(records, message),
      }),
    );
  }

  async stop(): Promise<void> {
    await this.lanes.stop();
    await Promise.all(this.running.map((each) => each.stop()));
    await this.host.settled();
  }

  async attach(device: ResolvedDevice): Promise<void> {
    await this.host.settle([
      {
        kind: 'AttachDevice',
        device: device.device,
        segment: device.segment,
        model: this.iommu.model,
        responsePasidRequired: device.responsePasidRequired,
      },
    ]);
  }

  async bind(binding: ControlVerbs['iommu.bind']['request']): Promise<void> {
    await this.host.settle([{ kind: 'BindPasid', ...binding }]);
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

  /** The end of a turn: what is ready to be answered is answered, and what is in the rings raises or serves the interrupt. */
  private conclude(state: IommuState, apply: (command: IommuCommand) => void): void {
    while (hasReadyResults(state)) apply({ kind: 'RespondNext' });
    while (hasRetries(state)) apply({ kind: 'RetryNext' });
    if (this.interruptMicros <= 0) this.drainDue = true;
    if (this.drainDue) {
      this.drainDue = false;
      this.interruptPending = false;
      while (hasRingRecords(state)) apply({ kind: 'DrainNext' });
      if (needsFinishDrain(state)) apply({ kind: 'FinishDrain' });
    }
    // Stalls that waited for room, or retried ones, may have put new records into the ring just now.
    if (hasRingRecords(state)) this.raiseInterrupt();
  }

  /** While an interrupt is pending, further records raise none (R60); the pass over the ring then finds them all (R71). */
  private raiseInterrupt(): void {
    if (this.interruptPending) return;
    this.interruptPending = true;
    const serve = (): void => {
      this.drainDue = true;
      this.host.wake();
    };
    this.time.after(this.interruptMicros, serve);
  }

  private admit(results: readonly GroupHandled[], message: LogMessage): void {
    const { subject, sequence } = message;
    const commands = results.map(({ group, epoch, device, code, positions }): IommuCommand => {
      return { kind: 'AdmitResult', group, epoch, device, code, positions, sequence };
    });
    this.results.push({ subject, sequence, commands });
  }

  private inputPositions(): { subject: string; sequence: number }[] {
    // A result that waits for the replica is not in the log yet: a successor must read it again.
    const waiting = oldestWaitingSequence(this.host.state);
    return [...this.inputs].map(([subject, sequence]) => ({
      subject,
      sequence: waiting === undefined ? sequence : Math.min(sequence, waiting - 1),
    }));
  }

  private count(events: readonly AnyIommuEvent[]): void {
    for (const event of events) if (event.kind === 'RingOverflowSet') this.overflows += 1;
  }
}
