import {
  type DeviceProgress,
  type ResolvedDevice,
  type ResolvedIommu,
  type ResolvedScenario,
  segmentSchema,
} from '@faultline/contracts';
import {
  createSegment,
  type DurableSegmentEvent,
  isDurableSegmentEvent,
  isSegmentIdle,
  type SegmentCommand,
  segmentCounters,
  type SegmentEvent,
  type SegmentState,
  SeededRandom,
} from '@faultline/domain';
import { type OutgoingMessage, UnitHost } from '@faultline/hosting';
import { openJournal, type ServicePorts } from '@faultline/runtime';
import { openFeed } from './access-feed';
import { SegmentLanes } from './segment-lanes';
import { WorkloadDriver } from './workload-driver';

/** Records of one message: far below what a NATS server accepts (1 MiB by default). */
const RECORDS_PER_MESSAGE = 4_096;
/** Accesses issued in one turn, so that a workload that only hits does not keep the event loop to itself. */
const ISSUES_PER_TURN = 1_024;
/** Events on their way to the log beyond which no new access is issued: the log's slowness reaches the workload. */
const BACKLOG_LIMIT = 16_384;

/** Runs one device segment: feeds it its workloads, carries its messages to the IOMMU and the answers back. */
export class SegmentUnit {
  readonly name: string;
  private readonly epoch = 1;
  private readonly segment: number;
  private readonly drivers: WorkloadDriver[];
  /** Drivers by device. */
  private readonly driversOf = new Map<number, WorkloadDriver[]>();
  private host!: UnitHost<SegmentState, SegmentCommand, SegmentEvent>;
  private lanes!: SegmentLanes;
  private begun = false;
  private requests = 0;
  private faulted = 0;

  constructor(
    private readonly ports: ServicePorts,
    private readonly scenario: ResolvedScenario,
    private readonly iommu: ResolvedIommu,
  ) {
    this.segment = iommu.segment;
    this.name = `segment.${this.segment}`;
    for (const device of scenario.devices) {
      if (device.segment === this.segment) this.driversOf.set(device.device, this.driversFor(device));
    }
    this.drivers = [...this.driversOf.values()].flat();
  }

  private driversFor(device: ResolvedDevice): WorkloadDriver[] {
    const { ports, scenario } = this;
    // A feed may be ready before the unit is.
    const wake = (): void => {
      if (this.begun) this.host.wake();
    };
    let nextAccess = 0;
    return device.workloads.map((workload, place) => {
      const firstAccess = nextAccess;
      nextAccess += workload.accesses;
      const seed = new SeededRandom(scenario.seed).fork(`${device.name}/${place}`).seed;
      return new WorkloadDriver({
        device: device.device,
        workload,
        firstAccess,
        feed: openFeed(workload, seed, wake, (error) => ports.fail(error)),
        seed,
        clock: ports.clock,
        timeScale: scenario.timeScale,
        wake,
      });
    });
  }

  async start(): Promise<void> {
    const { ports, segment, scenario } = this;
    const journal = await openJournal(ports, this.name, this.epoch, [ports.subjects.segmentLog(segment)]);
    const devices = scenario.devices.filter((device) => device.segment === segment);
    this.host = new UnitHost(
      {
        decider: createSegment({
          segment,
          devices: devices.map((device) => ({ ...device, model: this.iommu.model })),
        }),
        isDurable: isDurableSegmentEvent,
        messages: (events) => this.messages(events as readonly DurableSegmentEvent[]),
        conclude: (_state, apply) => this.conclude(apply),
        decided: (events) => this.send(events),
        // A workload that was held back by the log goes on when the log has caught up.
        released: () => {
          if (this.begun) this.host.wake();
        },
      },
      journal,
      ports.clock,
      (error) => ports.fail(error),
    );
    this.lanes = new SegmentLanes(ports, this.host, this.iommu, this.name, this.epoch, scenario);
    await this.host.settle([{ kind: 'BeginEpoch', epoch: this.epoch }]);
    await this.lanes.start();
  }

  async stop(): Promise<void> {
    this.halt();
    await this.lanes.stop();
    await this.host.settled();
  }

  begin(): void {
    if (this.begun) return;
    this.begun = true;
    for (const driver of this.drivers) driver.begin();
    this.host.wake();
  }

  halt(): void {
    for (const driver of this.drivers) driver.halt();
  }

  progress(): DeviceProgress {
    const { started, ended } = segmentCounters(this.host.state);
    const total = this.drivers.reduce((sum, driver) => sum + driver.total, 0);
    const finished =
      this.begun &&
      this.drivers.every((driver) => driver.finished) &&
      isSegmentIdle(this.host.state) &&
      this.host.backlog === 0;
    return { total, issued: started, ended, requests: this.requests, faulted: this.faulted, finished };
  }

  /** The workloads issue what they may, then the devices send what the turn made ready. */
  private conclude(apply: (command: SegmentCommand) => void): void {
    if (this.begun && this.host.backlog < BACKLOG_LIMIT) this.issue(apply);
    apply({ kind: 'TakeTurn' });
  }

  private issue(apply: (command: SegmentCommand) => void): void {
    let budget = ISSUES_PER_TURN;
    for (const driver of this.drivers) {
      while (budget > 0) {
        const access = driver.next();
        if (!access) break;
        budget -= 1;
        apply({ kind: 'IssueAccess', access });
      }
    }
    if (budget === 0) this.host.wake();
  }

  private send(events: readonly SegmentEvent[]): void {
    let ended = false;
    for (const event of events) {
      if (event.kind === 'PageRequestSent' || event.kind === 'StalledAccessSent') this.requests += 1;
      if (event.kind !== 'AccessHit' && event.kind !== 'AccessEnded') continue;
      if (event.kind === 'AccessEnded') this.faulted += 1;
      const drivers = this.driversOf.get(event.device);
      drivers?.find((driver) => driver.owns(event.access))?.ended();
      ended = true;
    }
    this.lanes.send(events);
    // Room in a closed loop: its workload goes on in the next turn.
    if (ended) this.host.wake();
  }

  private messages(events: readonly DurableSegmentEvent[]): OutgoingMessage[][] {
    const messages: OutgoingMessage[] = [];
    for (let start = 0; start < events.length; start += RECORDS_PER_MESSAGE) {
      const body = segmentSchema.encode(events.slice(start, start + RECORDS_PER_MESSAGE));
      messages.push({ subject: this.ports.subjects.segmentLog(this.segment), schema: segmentSchema, body });
    }
    return [messages];
  }
}
