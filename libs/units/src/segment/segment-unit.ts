import {
  type DeviceProgress,
  type ResolvedDevice,
  type ResolvedIommu,
  type ResolvedScenario,
  segmentSchema,
  segmentUnit,
} from '@faultline/contracts';
import {
  AccessHistory,
  createSegment,
  type Decider,
  durableSegment,
  type DurableSegment,
  type DurableSegmentEvent,
  type PlainAccessHistory,
  restoreSegment,
  SEGMENT_STATE_VERSION,
  isDurableSegmentEvent,
  isWorkHalted,
  isSegmentIdle,
  PasidStillStopping,
  type SegmentCommand,
  segmentCounters,
  type SegmentEvent,
  type SegmentState,
  workBegun,
} from '@faultline/domain';
import { type OutgoingMessage, UnitClosed, UnitHost, type UnitJournal } from '@faultline/hosting';
import { messagesOf, own, type OwnedUnit, type SegmentTracer, type UnitPorts, Snapshots } from '../common';
import type { TraceOpener } from './access-feed';
import { RetransmissionTimers } from './retransmission-timers';
import { SegmentLanes } from './segment-lanes';
import type { WorkloadDriver } from './workload-driver';
import { Workloads } from './workloads';

/** Events on their way to the log beyond which no new access is issued: the log's slowness reaches the workload. */
const BACKLOG_LIMIT = 16_384;

/** What a snapshot of a segment holds. */
interface SegmentSnapshot {
  durable: DurableSegment;
  history: PlainAccessHistory;
}

/** Runs one device segment: feeds it its workloads, carries its messages to the IOMMU and the answers back. */
export class SegmentUnit implements OwnedUnit {
  readonly name: string;
  private readonly segment: number;
  private readonly workloads: Workloads;
  /** Address spaces of processes that start later. */
  private readonly later: ReadonlySet<number>;
  private host!: UnitHost<SegmentState, SegmentCommand, SegmentEvent>;
  private lanes!: SegmentLanes;
  private journal!: UnitJournal;
  private begun = false;
  /** It may be lost while it still opens: then it begins nothing more. */
  private closed = false;
  private requests = 0;
  /** Accesses of the owners before: those that had not ended are begun again. */
  private startedBefore = 0;
  private history = new AccessHistory();
  private readonly timers: RetransmissionTimers;
  private tracer: SegmentTracer | undefined;
  private readonly snapshots: Snapshots<SegmentState, SegmentSnapshot>;

  constructor(
    private readonly ports: UnitPorts,
    private readonly scenario: ResolvedScenario,
    private readonly iommu: ResolvedIommu,
    /** The unit can go no further, or has another owner. */
    private readonly onFailure: (error: Error) => void,
    openTrace: TraceOpener,
  ) {
    this.segment = iommu.segment;
    this.name = segmentUnit(this.segment);
    this.snapshots = new Snapshots(ports, {
      unit: this.name,
      stateVersion: SEGMENT_STATE_VERSION,
      subjects: [ports.subjects.segmentLog(this.segment)],
      capture: (state) => ({ durable: durableSegment(state), history: this.history.toPlain() }),
    });
    this.timers = new RetransmissionTimers(ports.clock, scenario.timeScale, (command) =>
      this.host.submit([command]),
    );
    this.workloads = new Workloads({
      ...{ clock: ports.clock, timeScale: scenario.timeScale, seed: scenario.seed, openTrace, onFailure },
      // A feed may be ready before the unit is.
      wake: () => {
        if (this.begun) this.host.wake();
      },
    });
    this.later = new Set(
      scenario.processes.filter((process) => process.starts === 'timeline').map((process) => process.mm),
    );
  }

  async start(): Promise<void> {
    const { ports, segment, scenario } = this;
    const devices = scenario.devices.filter((device) => device.segment === segment);
    const decider = createSegment({
      segment,
      devices: devices.map((device) => ({ ...device, model: this.iommu.model })),
    });
    const state = await this.recover(decider, devices);
    this.refuseClosed();
    const { epoch } = this.journal;
    this.tracer = ports.tracer?.segment(segment, epoch, this.iommu.model);
    this.host = new UnitHost(
      {
        decider,
        isDurable: isDurableSegmentEvent,
        isRefusal: (error) => error instanceof PasidStillStopping,
        messages: (events) => this.messages(events as readonly DurableSegmentEvent[]),
        conclude: (_state, apply) => this.conclude(apply),
        decided: (events) => this.send(events),
        released: (events, durable) => {
          ports.meter?.released(events);
          this.lanes.released(events);
          this.keepHistory(events, durable);
          // A workload that was held back by the log goes on when the log has caught up.
          if (this.begun) this.host.wake();
        },
      },
      this.journal,
      ports.clock,
      this.onFailure,
      state,
    );
    const numbers = new Set(devices.map((device) => device.device));
    this.lanes = new SegmentLanes(
      ports,
      this.host,
      this.iommu,
      this.name,
      epoch,
      scenario,
      numbers,
      this.tracer,
      this.onFailure,
    );
    await this.lanes.start();
    this.refuseClosed();
    const begun = workBegun(state);
    if (isWorkHalted(state)) this.workloads.halt();
    if (begun.size > 0) this.beginAll(this.workloads.of((mm) => begun.has(mm)));
  }

  asOwner<T>(answer: () => Promise<T> | T): Promise<T> {
    return this.host.asOwner(answer);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.workloads.halt();
    this.timers.stop();
    this.lanes?.stop();
    if (!this.host) return;
    this.host.close();
    await this.host.settled();
    await this.snapshots.takeLast(this.host, this.journal);
  }

  private refuseClosed(): void {
    if (this.closed) throw new UnitClosed();
  }

  /** These events are in the log. */
  private keepHistory(events: readonly SegmentEvent[], durable: number): void {
    for (const event of events) if (isDurableSegmentEvent(event)) this.history.fold(event);
    this.snapshots.count(durable, this.host, this.journal);
  }

  /** What the log tells of the owners before: the accesses that are over, the processes whose workloads began (D9). */
  private async recover(
    decider: Decider<SegmentState, SegmentCommand, SegmentEvent>,
    devices: readonly ResolvedDevice[],
  ): Promise<SegmentState> {
    const subject = this.ports.subjects.segmentLog(this.segment);
    const snapshot = await this.snapshots.load();
    const history = snapshot ? AccessHistory.of(snapshot.state.history) : new AccessHistory();
    this.history = history;
    let state = decider.initial();
    if (snapshot) state = restoreSegment(state, snapshot.state.durable);
    this.journal = await own(this.ports, {
      unit: this.name,
      subjects: [subject],
      pattern: subject,
      from: snapshot ?? { sequence: 0, epoch: 0 },
      snapshots: this.snapshots,
      fold: ({ body }) => {
        for (const event of segmentSchema.decode(body)) {
          state = decider.evolve(state, event);
          history.fold(event);
        }
      },
      begin: (epoch) => {
        const begun = decider.decide(state, { kind: 'BeginEpoch', epoch }, this.ports.clock.nowMicros());
        const body = segmentSchema.encode(begun as DurableSegmentEvent[]);
        return [{ subject, schema: segmentSchema, body }];
      },
    });
    this.requests = history.requests;
    this.startedBefore = history.ended;
    // The first owner has nothing to pass over, and looks for nothing at every access.
    for (const device of devices) this.workloads.add(device, this.journal.epoch > 1 ? history : undefined);
    return state;
  }

  /** The workloads of the processes that are there from the beginning begin. Resolves when the log says so. */
  async begin(): Promise<void> {
    await this.beginWork(this.workloads.of((mm) => !this.later.has(mm)));
  }

  /** The workloads of a process begin. Its PASID may have been another process's, for which the devices stopped it (R102). */
  async startProcess(mm: number): Promise<void> {
    const drivers = this.workloads.of((each) => each === mm);
    await this.host.settle(
      drivers.map(({ device, pasid }) => ({ kind: 'StartPasid', device, pasid }) as const),
    );
    await this.beginWork(drivers);
  }

  private async beginWork(drivers: readonly WorkloadDriver[]): Promise<void> {
    const mms = [...new Set(drivers.map(({ mm }) => mm))];
    await this.host.settle([{ kind: 'BeginWork', mms }]);
    this.beginAll(drivers);
  }

  private beginAll(drivers: readonly WorkloadDriver[]): void {
    this.begun = true;
    this.workloads.begin(drivers);
    this.host.wake();
  }

  hasDevice(device: number): boolean {
    return this.workloads.has(device);
  }

  /** Resolves when the log says that the device hangs. */
  async hang(device: number): Promise<void> {
    await this.host.settle([{ kind: 'HangDevice', device }]);
  }

  /** Resolves when the log says that the device has vanished, and how its accesses ended. */
  async remove(device: number): Promise<void> {
    await this.host.settle([{ kind: 'RemoveDevice', device }]);
  }

  /** No more accesses are issued, whoever owns the segment. Resolves when the log says so. */
  async halt(): Promise<void> {
    await this.host.settle([{ kind: 'HaltWork' }]);
    this.workloads.halt();
  }

  progress(): DeviceProgress {
    const { started, withdrawn } = segmentCounters(this.host.state);
    const issued = started + this.startedBefore;
    const { ended, faulted } = this.history;
    const { total } = this.workloads;
    const finished = this.workloads.finished && isSegmentIdle(this.host.state) && this.host.backlog === 0;
    return { total, issued, ended, withdrawn, requests: this.requests, faulted, finished };
  }

  /** The workloads issue what they may, then the devices send what the turn made ready. */
  private conclude(apply: (command: SegmentCommand) => void): void {
    this.workloads.withdraw(this.host.state, apply);
    if (this.begun && this.host.backlog < BACKLOG_LIMIT) this.workloads.issue(apply);
    apply({ kind: 'TakeTurn' });
  }

  private send(events: readonly SegmentEvent[]): void {
    this.tracer?.decided(events);
    for (const event of events) {
      switch (event.kind) {
        case 'PageRequestSent':
        case 'StalledAccessSent':
          this.requests += 1;
          break;
        case 'AccessDropped':
          this.timers.begin(event);
          break;
        case 'AccessHit':
        case 'AccessEnded':
          this.workloads.ended(event.device, event.access);
          break;
        default:
          break;
      }
    }
    this.lanes.send(events);
  }

  private messages(events: readonly DurableSegmentEvent[]): OutgoingMessage[][] {
    const to = { subject: this.ports.subjects.segmentLog(this.segment), schema: segmentSchema };
    return [messagesOf(to, events, this.tracer)];
  }
}
