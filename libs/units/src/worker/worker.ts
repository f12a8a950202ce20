import {
  type ControlVerbs,
  queuesOfScenario,
  type ResolvedScenario,
  type WorkerUse,
} from '@faultline/contracts';
import { QueueUnavailable, type Running } from '@faultline/hosting';
import type { UnitPorts } from '../common';
import { GroupHandler } from './group-handler';
import { messageAt } from './message-at';
import { ResultLog } from './result-log';
import { ShardLanes } from './shard-lanes';
import { WorkIntake } from './work-intake';

/** A stateless worker: drains the IOPF queues together with all other workers. */
export class Worker {
  private readonly running: Running[] = [];
  private readonly intake: WorkIntake;

  constructor(
    private readonly ports: UnitPorts,
    private readonly scenario: ResolvedScenario,
  ) {
    const tracer = ports.tracer?.worker();
    const lanes = new ShardLanes(ports, scenario, tracer);
    const handler = new GroupHandler(ports, scenario, lanes);
    this.intake = new WorkIntake(ports, scenario, handler, new ResultLog(ports, tracer), tracer);
  }

  /** Begins to pull. Resolves with the queues it drains. */
  async start(): Promise<string[]> {
    const { ports, intake } = this;
    const queues = queuesOfScenario(this.scenario);
    for (const queue of queues) {
      const working = await ports.work.work({
        queue,
        prefetch: intake.prefetch,
        onWork: (message) => intake.take(message),
        onError: (error) => this.outage(error),
      });
      this.running.push(working);
      intake.extendWithin(working.ackWaitMillis);
    }
    return queues;
  }

  /** What its servers, and the locks of the queues, were used for so far. */
  get use(): WorkerUse {
    return this.intake.use;
  }

  /** Stops pulling, finishes what was pulled, and only then goes. */
  async stop(): Promise<void> {
    await Promise.all(this.running.map((each) => each.stop()));
    await this.intake.drained();
  }

  /**
   * Handles a work message of the log once more, whatever became of it before: groups that are still pending get their result, and
   * what was answered stays so, because the IOMMU admits one result a group (D1). Rejects when there is no such message.
   */
  async redrive(subject: string, sequence: number): Promise<ControlVerbs['iopf-worker.redrive']['reply']> {
    const message = await messageAt(this.ports.log, subject, sequence);
    return { worker: this.ports.config.instance, ...(await this.intake.redrive(message)) };
  }

  /** A queue that is away comes back; devices wait meanwhile. */
  private outage(error: Error): void {
    if (error instanceof QueueUnavailable && error.goesOn)
      this.ports.logger.warn({ err: error }, error.message);
    else this.ports.fail(error);
  }
}
