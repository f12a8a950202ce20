import { type ControlVerbs, type ResolvedScenario, unitsAsked } from '@faultline/contracts';
import { isLoss } from '@faultline/hosting';
import type { ServicePorts } from './ports';
import { UnitService } from './unit-service';

/** A unit as its service runs it. */
export interface OwnedUnit {
  readonly name: string;
  /** Takes the unit over, or begins it; resolves when it serves. Rejects with `UnitClosed` when it was closed before that. */
  start(): Promise<void>;
  /** Stops taking in, lets what was decided reach the log, and resolves: another owner may begin. */
  close(): Promise<void>;
}

/** A request named a unit that this instance does not own, or not yet: its owner is asked again. */
export class UnitNotHere extends Error {
  constructor(readonly unit: string) {
    super(`unit ${unit} is not owned by this instance`);
    this.name = 'UnitNotHere';
  }
}

/**
 * An app whose units are shared out among its replicas. It opens and closes them as it is told; which replica owns what is decided
 * elsewhere, since that is the same for every kind of unit.
 */
export abstract class UnitOwnerService<Unit extends OwnedUnit = OwnedUnit> extends UnitService {
  private readonly owned = new Map<string, Unit>();
  private current: ResolvedScenario | undefined;
  /** Called when a unit turns out to have another owner. */
  onLost: (unit: string) => void = () => undefined;

  protected constructor(protected readonly ports: ServicePorts) {
    super();
  }

  /** The units of a scenario that replicas of this service share. */
  abstract namesOf(scenario: ResolvedScenario): string[];
  protected abstract make(name: string, scenario: ResolvedScenario, onFailure: (error: Error) => void): Unit;

  /** Learns the scenario; owns nothing yet. */
  start(scenario: ResolvedScenario): Promise<string[]> {
    this.current = scenario;
    return Promise.resolve([]);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.owned.keys()].map((name) => this.close(name)));
  }

  /** Takes a unit over. Rejects when that fails, with a loss (see `isLoss`) when somebody else was faster. */
  async open(name: string): Promise<void> {
    let fail: (error: Error) => void = () => undefined;
    const failure = new Promise<never>((_, reject) => (fail = reject));
    failure.catch(() => undefined);
    const unit = this.make(name, this.scenario, (error) => {
      if (this.owned.get(name) === unit) this.failed(unit, error);
      else fail(error);
    });
    try {
      // It may be lost again before it serves.
      await Promise.race([unit.start(), failure]);
    } catch (error) {
      await unit.close().catch(() => undefined);
      throw error;
    }
    this.owned.set(name, unit);
  }

  /** Hands a unit over: afterwards another owner may begin. */
  async close(name: string): Promise<void> {
    const unit = this.owned.get(name);
    this.owned.delete(name);
    await unit?.close();
  }

  owns(name: string): boolean {
    return this.owned.has(name);
  }

  /** Names of the units that are here and serve. */
  get names(): string[] {
    return [...this.owned.keys()];
  }

  /** Throws {@link UnitNotHere}. */
  protected unit(name: string): Unit {
    const unit = this.owned.get(name);
    if (!unit) throw new UnitNotHere(name);
    return unit;
  }

  /**
   * The unit here that a control request about one unit is for, found as by whoever sent it. Throws `NotInScenario` and
   * {@link UnitNotHere}.
   */
  protected unitAsked(verb: keyof ControlVerbs, request: object): Unit {
    const [name = verb] = unitsAsked(verb, request, this.scenario);
    return this.unit(name);
  }

  protected get units(): readonly Unit[] {
    return [...this.owned.values()];
  }

  protected get scenario(): ResolvedScenario {
    if (!this.current) throw new Error('the service has no scenario yet');
    return this.current;
  }

  /** A unit that has another owner is let go; anything else ends the service. */
  private failed(unit: Unit, error: Error): void {
    if (!isLoss(error)) return this.ports.fail(error);
    this.ports.logger.warn({ unit: unit.name, err: error }, 'unit lost to another owner');
    this.owned.delete(unit.name);
    void unit
      .close()
      .catch((cause: unknown) => this.ports.logger.warn({ err: cause }, 'closing a lost unit'));
    this.onLost(unit.name);
  }
}
