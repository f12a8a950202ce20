import {
  DecodeError,
  iommuQueueSchema,
  MessageOutOfPlace,
  type ResolvedScenario,
} from '@faultline/contracts';
import type { GroupQueued } from '@faultline/domain';
import type { WorkMessage } from '@faultline/hosting';
import type { ServicePorts } from '@faultline/runtime';
import type { GroupHandler } from './group-handler';
import type { ResultLog } from './result-log';
import { Servers } from './servers';

/** How often a worker says of every message it holds that it is still at it; a third of the shortest acknowledgement deadline. */
const EXTEND_MICROS = 5_000_000;

/** Takes work messages, hands their groups to the servers, and acknowledges a message when all its results are in the log. */
export class WorkIntake {
  /** Work messages this worker holds at once: what its servers are at, and as much again so that none waits for a pull. */
  readonly prefetch: number;
  private readonly servers: Servers;
  private readonly held = new Set<WorkMessage>();
  /** Numbers of the scenario's IOMMUs by the names of their units. */
  private readonly iommus: ReadonlyMap<string, number>;
  private idle: (() => void)[] = [];
  private cancelExtend: () => void = () => undefined;

  constructor(
    private readonly ports: ServicePorts,
    scenario: ResolvedScenario,
    private readonly handler: GroupHandler,
    private readonly results: ResultLog,
  ) {
    const { servers, groupsPerMessage } = scenario.workers;
    this.servers = new Servers(servers);
    this.iommus = new Map(scenario.iommus.map(({ iommu }) => [`iommu.${iommu}`, iommu]));
    this.prefetch = Math.max(2, Math.ceil((2 * servers) / groupsPerMessage));
    this.extendLater();
  }

  take(message: WorkMessage): void {
    this.held.add(message);
    let iommu: number;
    let groups: GroupQueued[];
    try {
      groups = iommuQueueSchema.decode(message.body).filter((record) => record.kind === 'GroupQueued');
      iommu = this.iommuOf(message);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.ports.bury(
        { subject: message.subject, unit: this.ports.config.instance, body: message.body },
        error,
      );
      message.terminate(error.reason);
      this.release(message);
      return;
    }
    let open = groups.length;
    const done = (): void => {
      open -= 1;
      if (open > 0) return;
      message.ack();
      this.release(message);
    };
    if (open === 0) {
      message.ack();
      this.release(message);
    }
    for (const group of groups) {
      this.servers.run((free) =>
        this.handler.handle({ iommu, epoch: group.groupEpoch, group }, (handled) => {
          free();
          this.results.append(handled, done);
        }),
      );
    }
  }

  /** Resolves when no message is held; takes none afterwards. */
  async drained(): Promise<void> {
    if (this.held.size > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
    this.cancelExtend();
  }

  private release(message: WorkMessage): void {
    this.held.delete(message);
    if (this.held.size === 0) for (const resolve of this.idle.splice(0)) resolve();
  }

  private extendLater(): void {
    this.cancelExtend = this.ports.clock.after(EXTEND_MICROS, () => {
      for (const message of this.held) message.extend();
      this.extendLater();
    });
  }

  /** The IOMMU that closed the groups of a message. A result for another than the scenario's could be neither written nor read. */
  private iommuOf({ headers: { unit } }: WorkMessage): number {
    const iommu = this.iommus.get(unit);
    if (iommu === undefined)
      throw new MessageOutOfPlace(`work of unit '${unit}'`, 'an IOMMU of the scenario');
    return iommu;
  }
}
