import type { ResolvedScenario } from '@faultline/contracts';

/** What an app provides: it starts the units of a scenario, and stops them without losing anything. */
export abstract class UnitService {
  /** Starts all units of the scenario that this service owns. Returns their names, e.g. `iommu.0`. */
  abstract start(scenario: ResolvedScenario): Promise<string[]>;
  /** Stops taking in, settles what is in flight, and returns. */
  abstract stop(): Promise<void>;
  /** Something failed, or `stop` takes too long: settles nothing, and closes what would outlive the laboratory, such as files. */
  abandon(): Promise<void> {
    return Promise.resolve();
  }
}
