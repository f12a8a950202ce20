import type { PointRun } from '@faultline/study';
import type { ComposeDeployment } from '../compose/deployment';
import { Interrupted } from '../errors';
import { processCounts } from '../run/plan';
import { failedRun } from './failed-run';
import { knownOf, type RunJob } from './run-job';
import { MAKER_SCRIPT, RunMakers } from './run-makers';

/** Live runs on a deployment by `docker compose`, which gets the size that each run's scenario asks for. */
export class ComposeRuns {
  private readonly makers = new RunMakers(() => ({
    name: 'the lab container',
    ...this.deployment.inLab(MAKER_SCRIPT),
  }));

  constructor(private readonly deployment: ComposeDeployment) {}

  /**
   * Makes a live run there. What goes wrong with it, or with the deployment, is told in its place. Rejects with {@link Interrupted} after
   * {@link stop}.
   */
  async make(job: RunJob): Promise<PointRun> {
    const { 'event-log': _, ...replicas } = processCounts(job.scenario);
    const deployment = { project: this.deployment.project, replicas };
    const begun = performance.now();
    try {
      await this.deployment.scaleTo(replicas);
      const run = await this.makers.run(job);
      return { ...run, live: run.live && { ...run.live, deployment } };
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      const live = { run: null, busyShare: 0, leastWallMicros: null, deployment };
      return failedRun({ ...knownOf(job), live }, performance.now() - begun, error);
    }
  }

  /** The run under way is given up in order, and so is a change of the deployment's size. */
  async stop(): Promise<void> {
    this.deployment.stop();
    await this.makers.stop();
  }

  /** No run comes any more: the containers end, and the deployment gets its size back. Rejects with `RunFailed`. */
  async close(): Promise<void> {
    await this.makers.stop();
    await this.deployment.giveBack();
  }

  /** Ends what is under way here, at once. The container notices, and gives the site back by itself. */
  kill(): void {
    this.makers.kill();
    this.deployment.kill();
  }
}
