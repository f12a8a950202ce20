import {
  NEWEST_FORMAT,
  type ResolvedScenario,
  type ServiceName,
  subjectsOf,
  type WorkerUse,
} from '@faultline/contracts';
import type { DeadLetter } from '@faultline/hosting';
import {
  type OwnerPorts,
  type OwnerServiceName,
  shareUnits,
  type StateCodec,
  type TraceOpener,
  type UnitLogger,
  UnitOwner,
  unitsOfService,
  Worker,
} from '@faultline/units';
import { Life } from './life';
import { portsOf } from './living-ports';
import type { WorldPorts } from './world-ports';

/** What is the same for all processes of a simulation. */
export interface ProcessSurroundings {
  lab: string;
  scenario: ResolvedScenario;
  world: WorldPorts;
  states: StateCodec;
  openTrace: TraceOpener;
  logger: UnitLogger;
  leaseMillis: number;
  snapshotEvents: number;
  /** A process cannot go on, for another reason than that it was made to. */
  onFailure(error: Error): void;
  /** A message was put to the dead letters. */
  onBuried(letter: Omit<DeadLetter, 'reason'>, cause: Error): void;
}

/** One process of a simulated laboratory: it owns units of its service, or works on the queues. */
export class SimulatedProcess {
  readonly life = new Life();
  private readonly ports: OwnerPorts;
  private owner: UnitOwner | undefined;
  private worker: Worker | undefined;

  constructor(
    readonly service: ServiceName,
    readonly instance: string,
    /** Tells it from the processes that had the instance's name before. */
    readonly incarnation: number,
    private readonly around: ProcessSurroundings,
  ) {
    this.ports = this.portsOf();
  }

  async start(): Promise<void> {
    const { ports, around, service } = this;
    const { scenario } = around;
    if (service === 'iopf-worker') {
      this.worker = new Worker(ports, scenario);
      return void (await this.worker.start());
    }
    const units = unitsOfService(service as OwnerServiceName, scenario);
    this.owner = new UnitOwner(ports, scenario, around.openTrace);
    await shareUnits(ports, this.owner, units, () => undefined);
  }

  /** The units it owns and serves, while it lives. */
  get units(): UnitOwner | undefined {
    return this.life.isDead ? undefined : this.owner;
  }

  /** What a worker was used for; undefined for a process that owns units. */
  get workerUse(): WorkerUse | undefined {
    return this.worker?.use;
  }

  private portsOf(): OwnerPorts {
    const { around, life } = this;
    const world = portsOf(life, around.world);
    return {
      ...world,
      config: {
        service: this.service,
        instance: this.instance,
        session: `${this.instance}/${this.incarnation}`,
        leaseMillis: around.leaseMillis,
        snapshotEvents: around.snapshotEvents,
        format: NEWEST_FORMAT,
      },
      logger: around.logger,
      subjects: subjectsOf(around.lab),
      states: around.states,
      reviveOwners: () => Promise.resolve(),
      fail: (error) => {
        if (!life.isDead) around.onFailure(error);
      },
      bury: (letter, cause) => {
        around.onBuried(letter, cause);
        return world.deadLetters.bury({ ...letter, reason: cause.message });
      },
    };
  }
}
