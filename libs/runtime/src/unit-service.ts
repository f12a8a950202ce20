import type { ResolvedScenario, WorkerUse } from '@faultline/contracts';
import { type Reading, workerReadings } from './metrics';

/** What an app provides: it serves a scenario, and stops without losing anything. */
export abstract class UnitService {
  /** Begins to serve the scenario. Returns what the instance says that it serves, e.g. `queue.0`. */
  abstract start(scenario: ResolvedScenario): Promise<string[]>;
  /** Stops taking in, settles what is in flight, and returns. */
  abstract stop(): Promise<void>;
  /** Of a worker that has begun: what its servers and the locks of its queues were used for so far. */
  get workerUse(): WorkerUse | undefined {
    return undefined;
  }
  /** What is shown of its units, its worker or its record to who scrapes metrics. */
  readings(): Promise<Reading[]> {
    const { workerUse } = this;
    return Promise.resolve(workerUse ? workerReadings(workerUse) : []);
  }
  /** Something failed, or `stop` takes too long: settles nothing, and closes what would outlive the laboratory, such as files. */
  abandon(): Promise<void> {
    return Promise.resolve();
  }
}
