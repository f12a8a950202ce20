import type { Addressed, ResolvedScenario } from '@faultline/contracts';
import { isLoss } from '@faultline/hosting';
import { Life } from '@faultline/simulation';
import { type OwnedUnit, UnitNotHere } from '@faultline/units';
import { DeviceEmulatorController } from '../../apps/device-emulator/src/device-emulator.controller';
import { DeviceEmulatorService } from '../../apps/device-emulator/src/device-emulator.service';
import { IommuController } from '../../apps/iommu/src/iommu.controller';
import { IommuService } from '../../apps/iommu/src/iommu.service';
import { MmHandlerController } from '../../apps/mm-handler/src/mm-handler.controller';
import { MmHandlerService } from '../../apps/mm-handler/src/mm-handler.service';
import { controlVerbs, type VerbHandler } from './control-verbs';
import type { KitPorts } from './kit-ports';

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
/** In the order in which they start: who is asked is there before who asks. */
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

export interface ReplicasOptions {
  lab: string;
  scenario: ResolvedScenario;
  portsOf(service: OwnerName, instance: string, life: Life): KitPorts;
  /** A unit was made, and has done nothing yet. */
  onUnit(unit: OwnedUnit): void;
}

/**
 * The services whose units have owners, each in one process or in several, one after the other; which of them owns what, and who
 * answers for it.
 */
export class Replicas {
  readonly all: Replica[];
  private readonly owners = new Map<string, Owner>();
  private wanted: { unit: string; resolve(owner: Owner): void }[] = [];

  constructor(private readonly options: ReplicasOptions) {
    this.all = [];
    for (const service of OWNERS) this.all.push(this.makeReplica(service));
  }

  /** Starts the first replica of each service, which opens all its units. */
  async start(): Promise<void> {
    for (const replica of this.all) {
      await this.startReplica(replica);
      for (const unit of replica.service.namesOf(this.options.scenario)) await this.open(replica, unit);
    }
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
    this.all.push(replica);
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
    const newest = this.of(kind).at(-1);
    if (!newest) throw new Error(`no replica of ${kind}`);
    return newest;
  }

  /** Who asks stops before who is asked. */
  async stop(): Promise<void> {
    for (const kind of [...OWNERS].reverse())
      for (const { service, life } of this.of(kind)) if (!life.isDead) await service.stop();
  }

  kill(): void {
    for (const { life } of this.all) life.kill();
  }

  /** Answers control requests with the controllers of whoever owns what they are for; of the next owner when that one is lost. */
  async answer(subject: string, request: unknown): Promise<unknown> {
    const verb = subject.slice(`${this.options.lab}.ctl.`.length);
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

  private of(kind: OwnerName): Replica[] {
    return this.all.filter(({ service }) => service instanceof SERVICES[kind]);
  }

  private makeReplica(kind: OwnerName): Replica {
    const earlier = this.of(kind).length;
    const life = new Life();
    const ports = this.options.portsOf(kind, earlier === 0 ? kind : `${kind}-${earlier + 1}`, life);
    const service = new SERVICES[kind](ports);
    const verbs = controlVerbs([new CONTROLLERS[kind](service as never)]);
    return { service, life, verbs };
  }

  /** What its units do is watched from their first moment on. */
  private async startReplica({ service }: Replica): Promise<void> {
    await service.start(this.options.scenario);
    const { units } = service;
    units.onMade = (unit) => this.options.onUnit(unit);
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
