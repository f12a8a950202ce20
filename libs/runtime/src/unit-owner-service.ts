import type { ResolvedScenario } from '@faultline/contracts';
import {
  type Asked,
  type OwnerServiceName,
  type Told,
  type TraceOpener,
  UnitOwner,
  unitsOfService,
  type UnitVerb,
} from '@faultline/units';
import { type Reading, unitReadings } from './metrics';
import type { ServicePorts } from './ports';
import { UnitService } from './unit-service';

const noTraces: TraceOpener = () => {
  throw new Error('this service reads no traces');
};

/** An app whose units are shared out among its replicas. */
export abstract class UnitOwnerService extends UnitService {
  private owner: UnitOwner | undefined;

  protected constructor(
    private readonly service: OwnerServiceName,
    private readonly ports: ServicePorts,
    private readonly openTrace: TraceOpener = noTraces,
  ) {
    super();
  }

  /** The units of a scenario that replicas of this service share. */
  namesOf(scenario: ResolvedScenario): string[] {
    return unitsOfService(this.service, scenario);
  }

  get hasStarted(): boolean {
    return this.owner !== undefined;
  }

  /** The units that this replica owns. Throws before the service has started. */
  get units(): UnitOwner {
    if (!this.owner) throw new Error('the service has no scenario yet');
    return this.owner;
  }

  /** Learns the scenario; owns nothing yet. */
  start(scenario: ResolvedScenario): Promise<string[]> {
    this.owner = new UnitOwner(this.ports, scenario, this.openTrace);
    return Promise.resolve([]);
  }

  override readings(): Promise<Reading[]> {
    const progress = this.owner?.progress() ?? [];
    return Promise.resolve(progress.flatMap(([unit, each]) => unitReadings(unit, each)));
  }

  async stop(): Promise<void> {
    await this.owner?.stop();
  }

  /** Answers a question of the control plane; see `UnitOwner.answer`. */
  async answer<V extends UnitVerb>(verb: V, request: Asked<V>): Told<V> {
    return this.units.answer(verb, request);
  }
}
