import {
  type Addressed,
  type DeviceProgress,
  type IommuProgress,
  iommuUnit,
  type LabEvent,
  labSchema,
  type MmProgress,
  type ResolvedScenario,
  segmentUnit,
  type ServiceName,
  shardUnit,
  type StepAction,
  subjectsOf,
} from '@faultline/contracts';
import { isLoss } from '@faultline/hosting';
import {
  Hand,
  type IommuUnit,
  type OwnedUnit,
  type SegmentUnit,
  type ShardUnit,
  Timeline,
  UnitNotHere,
  Wiring,
} from '@faultline/units';
import { from } from 'rxjs';
import { DeviceEmulatorController } from '../../apps/device-emulator/src/device-emulator.controller';
import { DeviceEmulatorService } from '../../apps/device-emulator/src/device-emulator.service';
import { IommuController } from '../../apps/iommu/src/iommu.controller';
import { IommuService } from '../../apps/iommu/src/iommu.service';
import { IopfWorkerService } from '../../apps/iopf-worker/src/iopf-worker.service';
import { ControlPlane } from '../../apps/lab/src/run/control-plane';
import { MmHandlerController } from '../../apps/mm-handler/src/mm-handler.controller';
import { MmHandlerService } from '../../apps/mm-handler/src/mm-handler.service';
import { AccessWatch } from './access-watch';
import { controlVerbs, type VerbHandler } from './control-verbs';
import { KitPorts, type PathPorts } from './kit-ports';
import { Life, portsOf } from '@faultline/simulation';

const SERVICES = {
  'mm-handler': MmHandlerService,
  iommu: IommuService,
  'device-emulator': DeviceEmulatorService,
} as const;
const CONTROLLERS = {
  'mm-handler': MmHandlerController,
  iommu: IommuController,
  'device-emulator': DeviceEmulatorController,
} as const;
/** Services whose units have owners. */
export type OwnerName = keyof typeof SERVICES;
const OWNERS = Object.keys(SERVICES) as OwnerName[];

/** One process of a service whose units have owners. */
export interface Replica {
  service: InstanceType<(typeof SERVICES)[OwnerName]>;
  life: Life;
  verbs: ReadonlyMap<string, VerbHandler>;
}

const SUCCEEDED = Symbol('the unit has another owner');

interface Owner {
  replica: Replica;
  succeeded: Promise<typeof SUCCEEDED>;
  succeed(): void;
}

/** How far everything is. */
export interface LaboratoryProgress {
  devices: DeviceProgress;
  iommus: IommuProgress;
  mm: MmProgress;
}

const NOTHING_YET: LaboratoryProgress = {
  devices: { total: 0, issued: 0, ended: 0, withdrawn: 0, requests: 0, faulted: 0, finished: false },
  iommus: { pendingGroups: 0, ringRecords: 0, openStalls: 0, overflows: 0, drained: false },
  mm: { openRuns: 0, framesFree: 0, framesQuarantined: 0, drained: false },
};

function addTo<Counts extends object>(sum: Counts, one: Counts): void {
  for (const name in one) {
    const [before, value]: unknown[] = [sum[name], one[name]];
    sum[name] = (typeof value === 'number' ? (before as number) + value : before && value) as never;
  }
}

/**
 * The services of the path in this process, as their modules would run them, on ports of the test's choice. What the command line
 * does with a laboratory is done here by its own code.
 */
export class Laboratory {
  readonly replicas: Replica[] = [];
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
  private readonly owners = new Map<string, Owner>();
  private wanted: { unit: string; resolve(owner: Owner): void }[] = [];
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
    this.accesses = new AccessWatch((unit) => this.find(unit), scenario.shards.length);
    for (let index = 1; index <= scenario.workers.processes; index += 1)
      this.addWorker(`iopf-worker-${index}`);
    for (const service of OWNERS) this.replicas.push(this.makeReplica(service));
    this.control = new ControlPlane(
      { send: (subject, request) => from(this.answer(String(subject), request)) as never },
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
    for (const replica of this.replicas) {
      await this.startReplica(replica);
      for (const unit of replica.service.namesOf(this.scenario)) await this.open(replica, unit);
    }
    for (const { service } of this.workers) await service.start(this.scenario);
    for (const { mm, pasid, starts } of this.scenario.processes)
      if (starts === 'begin') this.accesses.showsOnly(pasid, mm);
    await this.wiring.wireUp();
  }

  /** Does a step of a timeline, to its end. */
  async act(action: StepAction): Promise<string> {
    const { accesses } = this;
    if (action.action === 'start') accesses.showsOnly(action.pasid, action.mm);
    if (action.action === 'replace-domain') accesses.shows(action.pasid, action.byMm);
    const told = await this.hand.act(action);
    if (action.action === 'unbind') accesses.showsOnly(action.pasid);
    if (action.action === 'replace-domain') accesses.showsOnly(action.pasid, action.byMm);
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

  /** The unit at the replica that owns it; undefined while it changes hands. */
  find<Unit extends OwnedUnit = OwnedUnit>(name: string): Unit | undefined {
    const { service, life } = this.owners.get(name)?.replica ?? {};
    if (!service || life?.isDead || !service.units.owns(name)) return undefined;
    return service.units['unit'](name) as OwnedUnit as Unit;
  }

  /** All units of the path, those that change hands excepted. */
  get units(): OwnedUnit[] {
    return [...this.owners.keys()].flatMap((name) => this.find(name) ?? []);
  }

  /** Whether no unit has anything on its way to the log. */
  get isAtRest(): boolean {
    return this.units.every((unit) => (unit as unknown as { host: { isAtRest(): boolean } }).host.isAtRest());
  }

  /**
   * Another replica takes over what the newest one of a service owns, which was killed, stopped, or asked to hand over. Resolves when it
   * serves; a replica that was stopped may be let go on later.
   */
  async replace(kind: OwnerName, how: 'killed' | 'frozen' | 'handed-over'): Promise<Replica> {
    const before = this.newest(kind);
    const units = before.service.units.names;
    if (how === 'killed') before.life.kill();
    if (how === 'frozen') before.life.freeze();
    const replica = this.makeReplica(kind);
    this.replicas.push(replica);
    await this.startReplica(replica);
    await Promise.all(
      units.map(async (unit) => {
        if (how === 'handed-over') await before.service.units.close(unit);
        await this.open(replica, unit);
      }),
    );
    return replica;
  }

  /** The replica of a service that began last. */
  newest(kind: OwnerName): Replica {
    const newest = this.replicas.filter(({ service }) => service instanceof SERVICES[kind]).at(-1);
    if (!newest) throw new Error(`no replica of ${kind}`);
    return newest;
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
    const progress = this.look();
    if (!progress) return false;
    this.asked = progress;
    const { devices, iommus, mm } = progress;
    const isOver = devices.finished && iommus.drained && mm.drained;
    if (isOver && this.timeline.isDone) return true;
    this.timeline.advance({ ended: devices.ended, isOver });
    return false;
  }

  private look(): LaboratoryProgress | undefined {
    const { devices, iommus, mm } = NOTHING_YET;
    const sum = {
      devices: { ...devices, finished: true },
      iommus: { ...iommus, drained: true },
      mm: { ...mm, drained: true },
    };
    for (const { iommu, segment } of this.scenario.iommus) {
      const [unit, devicesOf] = [
        this.find<IommuUnit>(iommuUnit(iommu)),
        this.find<SegmentUnit>(segmentUnit(segment)),
      ];
      if (!unit || !devicesOf) return undefined;
      addTo(sum.iommus, unit.progress());
      addTo(sum.devices, devicesOf.progress());
    }
    for (const { shard } of this.scenario.shards) {
      const unit = this.find<ShardUnit>(shardUnit(shard));
      if (!unit) return undefined;
      addTo(sum.mm, unit.progress());
    }
    return sum;
  }

  /** Writes the last event of a finished run; gives its sequence. */
  finish(): Promise<number> {
    return this.append({ kind: 'RunEnded', run: this.lab, reason: 'finished', atMicros: this.now() });
  }

  /** What is stopped (SIGSTOP) cannot stop in order. */
  async stop(): Promise<void> {
    for (const { life } of this.replicas) if (life.isFrozen) life.kill();
    const living = this.workers.filter(({ life }) => !life.isDead);
    await Promise.all(living.map(({ service }) => service.stop()));
    for (const kind of ['device-emulator', 'iommu', 'mm-handler'] as const) await this.stopReplicas(kind);
  }

  /** All processes die where they stand. */
  kill(): void {
    for (const { life } of [...this.replicas, ...this.workers]) life.kill();
  }

  private async stopReplicas(kind: OwnerName): Promise<void> {
    for (const { service, life } of this.replicas)
      if (!life.isDead && service instanceof SERVICES[kind]) await service.stop();
  }

  private addWorker(instance: string): IopfWorkerService {
    const life = new Life();
    const service = new IopfWorkerService(this.portsOf('iopf-worker', instance, life));
    this.workers.push({ service, life });
    this.workersEver = Math.max(this.workersEver, this.workers.length);
    return service;
  }

  private makeReplica(kind: OwnerName): Replica {
    const earlier = this.replicas.filter(({ service }) => service instanceof SERVICES[kind]).length;
    const life = new Life();
    const ports = this.portsOf(kind, earlier === 0 ? kind : `${kind}-${earlier + 1}`, life);
    const service = new SERVICES[kind](ports);
    const verbs = controlVerbs([new CONTROLLERS[kind](service as never)]);
    return { service, life, verbs };
  }

  /** What its units do is watched from their first moment on. */
  private async startReplica({ service }: Replica): Promise<void> {
    await service.start(this.scenario);
    const { units } = service;
    const make = units['make'].bind(units);
    Object.assign(units, {
      make: (...how: Parameters<typeof make>) => {
        const unit = make(...how);
        this.accesses.watch(unit);
        return unit;
      },
    });
  }

  private portsOf(service: ServiceName, instance: string, life: Life): KitPorts {
    const fail = (error: Error): void => void this.failures.push(error);
    const world = portsOf(life, this.world(instance));
    const ports = new KitPorts(this.lab, service, instance, world, fail, this.snapshotEvents);
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

  /** Answers control requests with the controllers of whoever owns what they are for; of the next owner when that one is lost. */
  private async answer(subject: string, request: unknown): Promise<unknown> {
    const verb = subject.slice(`${this.lab}.ctl.`.length);
    const { unit } = request as Addressed;
    for (;;) {
      const owner = await this.ownerOf(unit);
      const handler = owner.replica.verbs.get(verb);
      if (!handler) throw new Error(`no service answers ${verb}`);
      const answer = owner.replica.life.asks(() => handler(request));
      try {
        const result = await Promise.race([answer, owner.succeeded]);
        if (result !== SUCCEEDED) return result;
      } catch (thrown) {
        if (!(isLoss(thrown) || thrown instanceof UnitNotHere)) throw failureOf(thrown);
        await owner.succeeded;
      }
    }
  }

  private ownerOf(unit: string): Promise<Owner> {
    const owner = this.owners.get(unit);
    if (owner) return Promise.resolve(owner);
    return new Promise((resolve) => this.wanted.push({ unit, resolve }));
  }

  private async open(replica: Replica, unit: string): Promise<void> {
    await replica.service.units.open(unit);
    this.owners.get(unit)?.succeed();
    let succeed: () => void = () => undefined;
    const succeeded = new Promise<typeof SUCCEEDED>((resolve) => (succeed = () => resolve(SUCCEEDED)));
    const owner = { replica, succeeded, succeed };
    this.owners.set(unit, owner);
    for (const each of this.wanted.filter((one) => one.unit === unit)) each.resolve(owner);
    this.wanted = this.wanted.filter((one) => one.unit !== unit);
  }
}

/** As it travels. */
function failureOf(thrown: unknown): unknown {
  return thrown instanceof Error ? Object.assign(thrown, { error: thrown.name }) : thrown;
}
