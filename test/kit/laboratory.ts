import {
  type LabEvent,
  labSchema,
  type ResolvedScenario,
  type ServiceName,
  shardUnit,
  type StepAction,
  subjectsOf,
} from '@faultline/contracts';
import { shardOfPasid } from '@faultline/domain';
import { Life, portsOf } from '@faultline/simulation';
import { Hand, type OwnedUnit, type ShardUnit, Timeline, Wiring } from '@faultline/units';
import { from } from 'rxjs';
import { IopfWorkerService } from '../../apps/iopf-worker/src/iopf-worker.service';
import { ControlPlane } from '../../apps/lab/src/run/control-plane';
import { AccessWatch } from './access-watch';
import { KitPorts, type PathPorts } from './kit-ports';
import { type LaboratoryProgress, NOTHING_YET, progressOf } from './laboratory-progress';
import { type OwnerName, type Replica, Replicas } from './replicas';

/**
 * The services of the path in this process, as their modules would run them, on ports of the test's choice. What the command line
 * does with a laboratory is done here by its own code.
 */
export class Laboratory {
  readonly replicas: Replicas;
  readonly workers: { service: IopfWorkerService; life: Life }[] = [];
  readonly accesses: AccessWatch;
  readonly failures: Error[] = [];
  /** What the steps of the timeline have told, in their order. */
  readonly told: string[] = [];
  readonly control: ControlPlane;
  readonly hand: Hand;
  private readonly wiring: Wiring;
  private readonly timeline: Timeline;
  private readonly ports: KitPorts[] = [];
  private readonly own: KitPorts;
  private appended = 0;
  private workersEver = 0;
  private asked: LaboratoryProgress = NOTHING_YET;

  /** @param world gives the ports of an instance; services may share them or not */
  constructor(
    readonly lab: string,
    readonly scenario: ResolvedScenario,
    private readonly world: (instance: string) => PathPorts,
    private readonly snapshotEvents?: number,
  ) {
    // The command line is not one of the processes that die.
    this.own = this.portsOf('event-log', 'lab', new Life());
    this.accesses = new AccessWatch(
      (pasid) =>
        this.replicas.find<ShardUnit>(shardUnit(shardOfPasid(pasid, scenario.shards.length)))?.['host'].state
          .durable.spaces,
    );
    for (let index = 1; index <= scenario.workers.processes; index += 1)
      this.addWorker(`iopf-worker-${index}`);
    this.replicas = new Replicas({
      lab,
      scenario,
      portsOf: (...how) => this.portsOf(...how),
      onUnit: (unit) => this.accesses.watch(unit),
    });
    this.control = new ControlPlane(
      { send: (subject, request) => from(this.replicas.answer(String(subject), request)) as never },
      subjectsOf(lab),
      scenario,
    );
    this.wiring = new Wiring(this.control, scenario);
    this.hand = new Hand(this.control, this.wiring, scenario);
    this.timeline = new Timeline({
      steps: scenario.timeline,
      timeScale: scenario.timeScale,
      nowMicros: () => this.now(),
      act: (action) => this.act(action),
      onDone: (line) => this.told.push(line),
    });
  }

  /** Reasons of all dead letters, by instance. */
  get buried(): Record<string, string[]> {
    return Object.fromEntries(this.ports.map(({ config, buried }) => [config.instance, buried]));
  }

  /** Brings everything to the point where devices may start, as the command line does. */
  async start(): Promise<void> {
    await this.append({
      kind: 'ScenarioLoaded',
      run: this.lab,
      scenario: this.scenario,
      atMicros: this.now(),
    });
    await this.replicas.start();
    for (const { service } of this.workers) await service.start(this.scenario);
    this.accesses.meet(this.scenario.processes);
    await this.wiring.wireUp();
  }

  /** Does a step of a timeline, to its end. */
  async act(action: StepAction): Promise<string> {
    this.accesses.begins(action);
    const told = await this.hand.act(action);
    this.accesses.done(action);
    return told;
  }

  /** The workloads begin. */
  async begin(): Promise<void> {
    await this.control.ask('device-emulator.start', {});
    this.timeline.begin();
    // Time passes only where something happens: what the timeline waits for is such a thing.
    for (const { after } of this.scenario.timeline)
      if (after?.micros !== undefined)
        this.own.clock.after(after.micros * this.scenario.timeScale, () => undefined);
  }

  /** All units of the path, those that change hands excepted. */
  get units(): OwnedUnit[] {
    return this.replicas.units;
  }

  /** Whether no unit has anything on its way to the log. */
  get isAtRest(): boolean {
    return this.units.every((unit) => (unit as unknown as { host: { isAtRest(): boolean } }).host.isAtRest());
  }

  /** See {@link Replicas.replace}. */
  replace(kind: OwnerName, how: 'killed' | 'frozen' | 'handed-over'): Promise<Replica> {
    return this.replicas.replace(kind, how);
  }

  /** See {@link Replicas.newest}. */
  newest(kind: OwnerName): Replica {
    return this.replicas.newest(kind);
  }

  /** A worker dies, and another one comes. */
  async replaceWorker(): Promise<void> {
    const [worker] = this.workers.splice(0, 1);
    worker?.life.kill();
    await this.addWorker(`iopf-worker-${(this.workersEver += 1)}`).start(this.scenario);
  }

  /** Units that change hands, and so cannot be asked, count as busy. */
  progress(): LaboratoryProgress {
    const { devices, iommus, mm } = this.asked;
    return { devices, iommus, mm };
  }

  /**
   * Lets the timeline go on where it may. Returns whether everything came to its end: the condition on which the command line ends
   * a run. Throws what failed.
   */
  advance(): boolean {
    const [failure] = this.failures;
    if (failure) throw failure;
    const progress = progressOf(this.scenario, this.replicas);
    if (!progress) return false;
    this.asked = progress;
    const { devices, iommus, mm } = progress;
    const isOver = devices.finished && iommus.drained && mm.drained;
    if (isOver && this.timeline.isDone) return true;
    this.timeline.advance({ ended: devices.ended, isOver });
    return false;
  }

  /** Writes the last event of a finished run; gives its sequence. */
  finish(): Promise<number> {
    return this.append({ kind: 'RunEnded', run: this.lab, reason: 'finished', atMicros: this.now() });
  }

  /** What is stopped (SIGSTOP) cannot stop in order. */
  async stop(): Promise<void> {
    for (const { life } of this.replicas.all) if (life.isFrozen) life.kill();
    const living = this.workers.filter(({ life }) => !life.isDead);
    await Promise.all(living.map(({ service }) => service.stop()));
    await this.replicas.stop();
  }

  /** All processes die where they stand. */
  kill(): void {
    this.replicas.kill();
    for (const { life } of this.workers) life.kill();
  }

  private addWorker(instance: string): IopfWorkerService {
    const life = new Life();
    const service = new IopfWorkerService(this.portsOf('iopf-worker', instance, life));
    this.workers.push({ service, life });
    this.workersEver = Math.max(this.workersEver, this.workers.length);
    return service;
  }

  private portsOf(service: ServiceName, instance: string, life: Life): KitPorts {
    const fail = (error: Error): void => void this.failures.push(error);
    const given = this.world(instance);
    const world = portsOf(life, given);
    const ports = new KitPorts(this.lab, service, instance, world, fail, this.snapshotEvents, given.tracer);
    this.ports.push(ports);
    return ports;
  }

  private now(): number {
    return this.own.clock.nowMicros();
  }

  private async append(event: LabEvent): Promise<number> {
    const { own: ports } = this;
    const { sequence } = await ports.log.append({
      subject: ports.subjects.labLog,
      headers: { schema: labSchema.name, version: labSchema.version, unit: 'lab', epoch: 0, cycle: 0 },
      body: labSchema.encode([event]),
      id: `lab-${this.lab}-${(this.appended += 1)}`,
    });
    return sequence;
  }
}
