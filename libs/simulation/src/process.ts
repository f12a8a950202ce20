import {
  NEWEST_FORMAT,
  type ResolvedScenario,
  type ServiceName,
  type Subjects,
  type WorkerUse,
} from '@faultline/contracts';
import type { DeadLetter, Running } from '@faultline/hosting';
import {
  type OwnerPorts,
  type OwnerServiceName,
  type PathUnit,
  shareUnits,
  type StateCodec,
  type TraceOpener,
  type UnitLogger,
  UnitOwner,
  unitsOfService,
  Worker,
} from '@faultline/units';
import { Life } from './life';
import type { Link } from './link';
import { linkedPorts } from './linked-ports';
import { portsOf } from './living-ports';
import type { Network } from './network';
import type { WorldPorts } from './world-ports';

/** What is the same for all processes of a simulation. */
export interface ProcessSurroundings {
  subjects: Subjects;
  scenario: ResolvedScenario;
  world: WorldPorts;
  network: Network;
  states: StateCodec;
  openTrace: TraceOpener;
  logger: UnitLogger;
  leaseMillis: number;
  snapshotEvents: number;
  /** Whether anything fails, so that one process may take over from another. */
  mayTakeOver: boolean;
  /** A process cannot go on, for another reason than that it was made to. */
  onFailure(error: Error): void;
  /** A message was put to the dead letters. */
  onBuried(letter: Omit<DeadLetter, 'reason'>, cause: Error): void;
  /** A process made a unit, and is about to start it. */
  onMade(unit: PathUnit, instance: string): void;
}

/** One process of a simulated laboratory: it owns units of its service, or works on the queues. */
export class SimulatedProcess {
  readonly life = new Life();
  readonly link: Link;
  private readonly ports: OwnerPorts;
  private owner: UnitOwner | undefined;
  private worker: Worker | undefined;
  private running: Running | undefined;

  constructor(
    readonly service: ServiceName,
    readonly instance: string,
    /** Tells it from the processes that had the instance's name before. */
    readonly incarnation: number,
    private readonly around: ProcessSurroundings,
  ) {
    this.link = around.network.link(instance);
    this.ports = this.portsOf();
  }

  async start(): Promise<void> {
    const { ports, around, service } = this;
    const { scenario } = around;
    if (service === 'iopf-worker') {
      this.worker = new Worker(ports, scenario);
      await this.worker.start();
      this.running = this.worker;
      return;
    }
    const units = unitsOfService(service as OwnerServiceName, scenario);
    this.owner = new UnitOwner(ports, scenario, around.openTrace);
    this.owner.onMade = (unit) => around.onMade(unit, this.instance);
    this.running = await shareUnits(ports, this.owner, units, () => undefined);
  }

  /** Hands everything over. Never resolves when it dies before. */
  async stop(): Promise<void> {
    await this.running?.stop();
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
    const linked = linkedPorts(this.link, around.network, around.world);
    // Whether a process lives is asked at each step that it takes, so only where it may have an end.
    const world = around.mayTakeOver ? portsOf(life, linked) : linked;
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
      subjects: around.subjects,
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
