import { type ControlVerbs, type ResolvedScenario, unitsAsked } from '@faultline/contracts';
import { isLoss } from '@faultline/hosting';
import { type Asked, type Asker, UnitNotHere, type UnitVerb } from '@faultline/units';
import type { Network } from './network';
import type { SimulatedProcess } from './process';

/** How often a unit that has no owner is looked for again, in microseconds. */
const LOOK_AGAIN_MICROS = 10_000;
const GONE = Symbol('the process is gone');

/** The control plane of a simulated laboratory: asks whoever owns what a question is for, until somebody answers. */
export class SimulatedControl implements Asker {
  constructor(
    private readonly scenario: ResolvedScenario,
    private readonly network: Network,
    /** Processes that own units, or may. */
    private readonly owners: () => Iterable<SimulatedProcess>,
  ) {}

  async ask<V extends keyof ControlVerbs>(
    verb: V,
    request: ControlVerbs[V]['request'],
  ): Promise<ControlVerbs[V]['reply']> {
    const [reply] = await this.askUnits(verb, request);
    return reply as ControlVerbs[V]['reply'];
  }

  /** What every unit says that the verb is for. */
  async askAll<Reply>(verb: keyof ControlVerbs): Promise<Reply[]> {
    return (await this.askUnits(verb, {})) as Reply[];
  }

  private askUnits(verb: keyof ControlVerbs, request: object): Promise<unknown[]> {
    const units = unitsAsked(verb, request, this.scenario);
    return Promise.all(
      units.map((unit) => this.askOwner(verb as UnitVerb, { ...request, unit } as never, unit)),
    );
  }

  private async askOwner<V extends UnitVerb>(verb: V, request: Asked<V>, unit: string): Promise<unknown> {
    for (;;) {
      await this.network.hop();
      const process = this.ownerOf(unit);
      try {
        const answer = process ? await this.answer(process, verb, request) : GONE;
        await this.network.hop();
        // Of what is answered into a broken cable nobody hears, and everything may be asked twice.
        if (answer !== GONE && !process?.link.isCut) return answer;
      } catch (error) {
        if (!(isLoss(error) || error instanceof UnitNotHere)) throw error;
      }
      await this.network.pass(LOOK_AGAIN_MICROS);
    }
  }

  private answer<V extends UnitVerb>(
    { life, units }: SimulatedProcess,
    verb: V,
    request: Asked<V>,
  ): Promise<unknown> {
    if (!units) return Promise.resolve(GONE);
    return life.unlessDead(
      life.asks(() => units.answer(verb, request)),
      GONE,
    );
  }

  /** One that is stopped, or cut off, believes that it owns what another one took over meanwhile. */
  private ownerOf(unit: string): SimulatedProcess | undefined {
    let frozen: SimulatedProcess | undefined;
    for (const process of this.owners()) {
      if (process.link.isCut || !process.units?.owns(unit)) continue;
      if (!process.life.isFrozen) return process;
      frozen ??= process;
    }
    return frozen;
  }
}
