import {
  type DeviceProgress,
  type HostUse,
  type IommuProgress,
  type LabEvent,
  labSchema,
  type MmProgress,
  type ResolvedScenario,
  subjectsOf,
} from '@faultline/contracts';
import { type LogPort, type MemoryPorts, memoryPorts, toError } from '@faultline/hosting';
import { Hand, type StateCodec, Timeline, type TraceOpener, type UnitLogger, Wiring } from '@faultline/units';
import { describeFailure, type Failure, instancesOf } from './failures';
import { linkedPorts } from './linked-ports';
import { LogMemory } from './log-memory';
import { Network } from './network';
import type { NetworkModel } from './network-model';
import type { Onlooker } from './onlooker';
import { SimulatedProcess, type ProcessSurroundings } from './process';
import { SimulatedControl } from './simulated-control';
import type { Tally } from './tally';
import { SimulationStands, type VirtualClock } from './virtual-clock';

const LAB = 'simulation';
/** Model time from the last binding to the start of the devices. */
const SETTLE_MICROS = 1_000_000;
/** How often it is looked how far everything is; less and less often while nothing moves. */
const LOOK_MICROS = 500;
const RAREST_LOOK_MICROS = 50_000;

export interface SimulationSurroundings {
  scenario: ResolvedScenario;
  seed: number;
  clock: VirtualClock;
  network: NetworkModel;
  tally: Tally;
  failures: readonly Failure[];
  leaseMillis: number;
  ackWaitMillis: number;
  /** Model time without the end of an access that is a standstill. */
  patienceMicros: number;
  snapshotEvents: number;
  states: StateCodec;
  openTrace: TraceOpener;
  logger: UnitLogger;
  onlooker: Onlooker;
  /** Something that people may want to know, with when it happened. */
  tell(line: string): void;
}

/** A laboratory in simulated time: the units and workers of the services, on a simulated bus, with processes that die and freeze. */
export class Simulation {
  /** One for all, so that everybody has the same texts. */
  private readonly subjects = subjectsOf(LAB);
  private readonly ports: MemoryPorts;
  private readonly network: Network;
  private readonly around: ProcessSurroundings;
  private readonly processes: SimulatedProcess[] = [];
  private readonly control: SimulatedControl;
  private readonly wiring: Wiring;
  private readonly timeline: Timeline;
  private readonly log: LogPort;
  private readonly memory: LogMemory;
  private appended = 0;
  private deaths = 0;
  /** When the devices started, and when everything had come to its end. */
  beganMicros = 0;
  endedMicros = 0;
  /** Known when everything had come to its end. */
  hostUse: HostUse = { workers: [], mmLocks: [] };
  private failure: Error | undefined;
  /** Reasons of what was put to the dead letters. */
  readonly buried: string[] = [];

  constructor(private readonly options: SimulationSurroundings) {
    const { scenario, clock, network, seed, ackWaitMillis, tally, onlooker } = options;
    this.network = new Network(network, clock, seed);
    const schedule = this.network.deliver;
    this.ports = memoryPorts({ lab: LAB, clock, schedule, ackWaitMillis, logForgets: true });
    this.log = linkedPorts(this.network.link(LAB), this.network, this.ports).log;
    const { log, snapshotIndex } = this.ports;
    const mayTakeOver = options.failures.length > 0;
    this.memory = new LogMemory({ log, snapshotIndex, scenario, subjects: this.subjects, mayTakeOver });
    log.onStored = (message) => {
      onlooker.stored?.(message, clock.nowMicros());
      tally.observe(message);
      this.memory.stored(message);
    };
    this.around = {
      ...options,
      subjects: this.subjects,
      world: this.ports,
      network: this.network,
      mayTakeOver,
      onMade: (unit, instance) => onlooker.made?.(unit, instance),
      onFailure: (error) => (this.failure ??= error),
      onBuried: (_letter, cause) => this.buried.push(cause.message),
    };
    this.control = new SimulatedControl(scenario, this.network, () => this.owners());
    this.wiring = new Wiring(this.control, scenario);
    const hand = new Hand(this.control, this.wiring, scenario);
    this.timeline = new Timeline({
      steps: scenario.timeline,
      timeScale: scenario.timeScale,
      nowMicros: () => clock.nowMicros(),
      act: async (action) => {
        onlooker.begins?.(action);
        const told = await hand.act(action);
        onlooker.done?.(action);
        return told;
      },
      onDone: (line) => options.tell(line),
    });
  }

  /** Runs to the end of the scenario. Rejects with {@link SimulationStands}, and with what a process failed with. */
  async run(): Promise<void> {
    let ended = false;
    const course = this.carryOut().then(
      () => (ended = true),
      (error: unknown) => (this.failure ??= toError(error)),
    );
    await this.options.clock.until(() => {
      this.options.onlooker.passed?.(this.now());
      if (this.failure) throw this.failure;
      return ended;
    });
    await course;
  }

  private async carryOut(): Promise<void> {
    const { scenario, failures } = this.options;
    await this.append({ kind: 'ScenarioLoaded', run: LAB, scenario, atMicros: this.now() });
    await this.startProcesses();
    await this.wiring.wireUp();
    // What waits for somebody who was not there yet has met him by then, as in a laboratory whose devices start after all services.
    await this.network.pass(SETTLE_MICROS);
    this.beganMicros = this.now();
    await this.memory.begin();
    await this.control.ask('device-emulator.start', {});
    this.timeline.begin();
    for (const failure of failures) this.options.clock.after(failure.atMicros, () => this.fail(failure));
    await this.follow();
    this.endedMicros = this.now();
    await this.readHostUse();
    await this.options.onlooker.ended?.();
    await this.append({ kind: 'RunEnded', run: LAB, reason: 'finished', atMicros: this.now() });
    for (const { life } of this.processes) life.kill();
  }

  /** They are started before all others; of the workers, which own nothing, there may be a thousand. */
  private *owners(): Generator<SimulatedProcess> {
    for (const process of this.processes) {
      if (process.service === 'iopf-worker') return;
      yield process;
    }
  }

  private async startProcesses(): Promise<void> {
    for (const { service, instance } of instancesOf(this.options.scenario))
      this.processes.push(new SimulatedProcess(service, instance, 0, this.around));
    await Promise.all(this.processes.map((process) => process.start()));
  }

  /** Lets the timeline go on, until everything has come to its end. */
  private async follow(): Promise<void> {
    const { patienceMicros } = this.options;
    let [ended, sinceMicros, lookMicros] = [-1, this.now(), LOOK_MICROS];
    for (;;) {
      // A step that ends while somebody looks may have started what the look does not show yet.
      const { isDone, isBusy, awaitsTime } = this.timeline;
      const progress = await this.look();
      if (progress.isOver && isDone) return;
      if (!isBusy) this.timeline.advance(progress);
      if (progress.ended !== ended || awaitsTime)
        [ended, sinceMicros, lookMicros] = [progress.ended, this.now(), LOOK_MICROS];
      if (this.now() - sinceMicros > patienceMicros)
        throw new SimulationStands(this.now(), patienceMicros, JSON.stringify(progress));
      await this.network.pass(lookMicros);
      lookMicros = Math.min(2 * lookMicros, RAREST_LOOK_MICROS);
    }
  }

  private async readHostUse(): Promise<void> {
    const hasLocks = (this.options.scenario.hostCosts?.mmLockMicros ?? 0) > 0;
    const shards = hasLocks ? await this.control.askAll<MmProgress>('mm-handler.progress') : [];
    this.hostUse = {
      workers: this.processes.flatMap(({ instance, workerUse }) =>
        workerUse ? [{ instance, ...workerUse }] : [],
      ),
      mmLocks: shards.flatMap(({ locks = [] }) => locks),
    };
  }

  private async look() {
    const [devices, iommus, mm] = await Promise.all([
      this.control.askAll<DeviceProgress>('device-emulator.progress'),
      this.control.askAll<IommuProgress>('iommu.progress'),
      this.control.askAll<MmProgress>('mm-handler.progress'),
    ]);
    const sum = (counts: number[]): number => counts.reduce((all, one) => all + one, 0);
    return {
      ended: sum(devices.map((each) => each.ended)),
      issued: sum(devices.map((each) => each.issued)),
      pendingGroups: sum(iommus.map((each) => each.pendingGroups)),
      openStalls: sum(iommus.map((each) => each.openStalls)),
      openRuns: sum(mm.map((each) => each.openRuns)),
      isOver:
        devices.every(({ finished }) => finished) &&
        iommus.every(({ drained }) => drained) &&
        mm.every(({ drained }) => drained),
    };
  }

  private fail(failure: Failure): void {
    const { verb, victims, lastsMicros } = failure;
    const { clock } = this.options;
    if (verb === 'kill' || verb === 'restart' || verb === 'freeze') {
      for (const victim of this.processes.filter(({ instance }) => victims.includes(instance)))
        if (!victim.life.isDead) this.strike(victim, failure);
      return;
    }
    this.tell(describeFailure(failure));
    const undo = this.network.trouble(verb, victims);
    clock.after(lastsMicros, () => {
      undo();
      this.tell(`end of ${verb} ${victims.join(' and ')}`);
    });
  }

  private strike(victim: SimulatedProcess, { verb, lastsMicros, ...failure }: Failure): void {
    const { life, instance } = victim;
    this.tell(describeFailure({ ...failure, verb, lastsMicros, victims: [instance] }));
    if (verb === 'freeze') {
      life.freeze();
      this.options.clock.after(lastsMicros, () => {
        if (!life.isFrozen) return;
        this.tell(`thaw ${instance}`);
        life.thaw();
      });
      return;
    }
    if (verb === 'restart') {
      const go = (): void => this.remove(victim, lastsMicros);
      victim.stop().then(go, (error: unknown) => (this.failure ??= toError(error)));
    } else this.remove(victim, lastsMicros);
  }

  private remove(victim: SimulatedProcess, lastsMicros: number): void {
    if (victim.life.isDead) return;
    victim.life.kill();
    this.options.clock.after(lastsMicros, () => this.restart(victim));
  }

  private restart({ service, instance }: SimulatedProcess): void {
    const next = new SimulatedProcess(service, instance, (this.deaths += 1), this.around);
    this.processes.splice(
      this.processes.findIndex((each) => each.instance === instance),
      1,
      next,
    );
    this.tell(`start ${instance}`);
    next.start().catch((error: unknown) => {
      if (!next.life.isDead) this.failure ??= toError(error);
    });
  }

  private tell(line: string): void {
    const millis = ((this.now() - this.beganMicros) / 1_000).toFixed(3);
    this.options.tell(`${millis.padStart(12)} ms  ${line}`);
  }

  private now(): number {
    return this.options.clock.nowMicros();
  }

  private async append(event: LabEvent): Promise<void> {
    await this.log.append({
      subject: this.subjects.labLog,
      headers: { schema: labSchema.name, version: labSchema.version, unit: 'lab', epoch: 0, cycle: 0 },
      body: labSchema.encode([event]),
      id: `lab.${(this.appended += 1)}`,
    });
  }
}
