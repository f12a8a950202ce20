import { type Addressed, type ControlVerbs, type ResolvedScenario, unitsAsked } from '@faultline/contracts';
import { isLoss } from '@faultline/hosting';
import type { UnitPorts } from './common';
import { answerOf, type UnitVerb } from './control';
import { createUnit, type PathUnit } from './path-unit';
import type { TraceOpener } from './segment/access-feed';

/** A request named a unit that this instance does not own, or not yet: its owner is asked again. */
export class UnitNotHere extends Error {
  constructor(readonly unit: string) {
    super(`unit ${unit} is not owned by this instance`);
    this.name = 'UnitNotHere';
  }
}

/** A question as its owner gets it. */
export type Asked<V extends UnitVerb> = ControlVerbs[V]['request'] & Partial<Addressed>;
/** What its asker is told. */
export type Told<V extends UnitVerb> = Promise<ControlVerbs[V]['reply']>;
/** How far a unit is; what `progress` of its service tells. */
export type UnitProgress = ReturnType<PathUnit['progress']>;

/**
 * The units that one process owns. It opens and closes them as it is told; which process owns what is decided elsewhere, since that is
 * the same for every kind of unit.
 */
export class UnitOwner {
  private readonly owned = new Map<string, PathUnit>();
  /** Called when a unit turns out to have another owner. */
  onLost: (unit: string) => void = () => undefined;
  /** Called with every unit that is made here, before it is started. */
  onMade: (unit: PathUnit) => void = () => undefined;

  constructor(
    private readonly ports: UnitPorts,
    private readonly scenario: ResolvedScenario,
    private readonly openTrace: TraceOpener,
  ) {}

  /** Answers a question of the control plane for the unit here that it is for. Rejects with `NotInScenario`, {@link UnitNotHere}. */
  async answer<V extends UnitVerb>(verb: V, request: Asked<V>): Told<V> {
    return answerOf(this.unitAsked(verb, request), verb, request, this.scenario);
  }

  /** Hands everything over. */
  async stop(): Promise<void> {
    await Promise.all([...this.owned.keys()].map((name) => this.close(name)));
  }

  /** Takes a unit over. Rejects when that fails, with a loss (see `isLoss`) when somebody else was faster. */
  async open(name: string): Promise<void> {
    let fail: (error: Error) => void = () => undefined;
    const failure = new Promise<never>((_, reject) => (fail = reject));
    failure.catch(() => undefined);
    const unit = this.make(name, (error) => {
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

  /** How far each of the units is that are here and serve. */
  progress(): [unit: string, progress: UnitProgress][] {
    return [...this.owned].map(([name, unit]) => [name, unit.progress()]);
  }

  /** Throws {@link UnitNotHere}. */
  private unit(name: string): PathUnit {
    const unit = this.owned.get(name);
    if (!unit) throw new UnitNotHere(name);
    return unit;
  }

  /** The unit that what the request names belongs to; where it names nothing, the one that it is addressed to. */
  private unitAsked(verb: keyof ControlVerbs, request: Partial<Addressed>): PathUnit {
    const [named = verb, other] = unitsAsked(verb, request, this.scenario);
    return this.unit(other === undefined ? named : (request.unit ?? named));
  }

  private make(name: string, onFailure: (error: Error) => void): PathUnit {
    const unit = createUnit(name, this.ports, this.scenario, { onFailure, openTrace: this.openTrace });
    this.onMade(unit);
    return unit;
  }

  /** A unit that has another owner is let go; anything else ends the service. */
  private failed(unit: PathUnit, error: Error): void {
    if (!isLoss(error)) return this.ports.fail(error);
    this.ports.logger.warn({ unit: unit.name, err: error }, 'unit lost to another owner');
    this.owned.delete(unit.name);
    void unit
      .close()
      .catch((cause: unknown) => this.ports.logger.warn({ err: cause }, 'closing a lost unit'));
    this.onLost(unit.name);
  }
}
