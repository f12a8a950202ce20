import type { ControlVerbs, ResolvedScenario, WorkerUse } from '@faultline/contracts';
import { ServicePorts, UnitService } from '@faultline/runtime';
import { Worker } from '@faultline/units';
import { Injectable } from '@nestjs/common';

/** The worker has not begun: it has not seen the scenario of the run. Whoever asks is to ask again, and may reach another. */
export class NotWorking extends Error {
  constructor() {
    super('this worker drains no queue yet: it has not seen the scenario of the run');
    this.name = 'NotWorking';
  }
}

/** The worker of this instance. */
@Injectable()
export class IopfWorkerService extends UnitService {
  private worker: Worker | undefined;

  constructor(private readonly ports: ServicePorts) {
    super();
  }

  async start(scenario: ResolvedScenario): Promise<string[]> {
    this.worker = new Worker(this.ports, scenario);
    const queues = await this.worker.start();
    return queues.map((queue) => `queue.${queue}`);
  }

  async stop(): Promise<void> {
    await this.worker?.stop();
  }

  override get workerUse(): WorkerUse | undefined {
    return this.worker?.use;
  }

  /** See `Worker.redrive`; rejects with {@link NotWorking} before the worker has begun. */
  async redrive(subject: string, sequence: number): Promise<ControlVerbs['iopf-worker.redrive']['reply']> {
    if (!this.worker) throw new NotWorking();
    return this.worker.redrive(subject, sequence);
  }
}
