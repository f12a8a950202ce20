import { type ControlVerbs, queuesOfScenario, type ResolvedScenario } from '@faultline/contracts';
import { QueueUnavailable, type Running } from '@faultline/hosting';
import { ServicePorts, UnitService } from '@faultline/runtime';
import { GroupHandler, ResultLog, ShardLanes, WorkIntake, messageAt } from '@faultline/units';
import { Injectable } from '@nestjs/common';

/** The worker has not begun: it has not seen the scenario of the run. Whoever asks is to ask again, and may reach another. */
export class NotWorking extends Error {
  constructor() {
    super('this worker drains no queue yet: it has not seen the scenario of the run');
    this.name = 'NotWorking';
  }
}

/** A stateless worker: drains the IOPF queues together with all other workers. */
@Injectable()
export class IopfWorkerService extends UnitService {
  private running: Running[] = [];
  private intake: WorkIntake | undefined;

  constructor(private readonly ports: ServicePorts) {
    super();
  }

  async start(scenario: ResolvedScenario): Promise<string[]> {
    const { ports } = this;
    const lanes = new ShardLanes(ports, scenario);
    const intake = new WorkIntake(
      ports,
      scenario,
      new GroupHandler(ports, scenario, lanes),
      new ResultLog(ports),
    );
    this.intake = intake;
    const queues = queuesOfScenario(scenario);
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
    return queues.map((queue) => `queue.${queue}`);
  }

  /** Stops pulling, finishes what was pulled, and only then goes. */
  async stop(): Promise<void> {
    await Promise.all(this.running.map((each) => each.stop()));
    await this.intake?.drained();
  }

  /**
   * Handles a work message of the log once more, whatever became of it before: groups that are still pending get their result, and
   * what was answered stays so, because the IOMMU admits one result a group (D1). Rejects when there is no such message.
   */
  async redrive(subject: string, sequence: number): Promise<ControlVerbs['iopf-worker.redrive']['reply']> {
    const { intake, ports } = this;
    if (!intake) throw new NotWorking();
    const message = await messageAt(ports.log, subject, sequence);
    return { worker: ports.config.instance, ...(await intake.redrive(message)) };
  }

  /** A queue that is away comes back; devices wait meanwhile. */
  private outage(error: Error): void {
    if (error instanceof QueueUnavailable && error.goesOn)
      this.ports.logger.warn({ err: error }, error.message);
    else this.ports.fail(error);
  }
}
