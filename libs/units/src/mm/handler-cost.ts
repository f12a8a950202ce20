import type { ResolvedScenario } from '@faultline/contracts';
import { drawSpread, type MemberResult, SeededRandom, type Spread } from '@faultline/domain';

/** Draws what the modelled handler costs, from the spreads of the profile. */
export class HandlerCost {
  private readonly random: SeededRandom;

  constructor(
    private readonly scenario: ResolvedScenario,
    stream: string,
  ) {
    this.random = new SeededRandom(scenario.seed).fork(`${stream}/handler`);
  }

  /** Model microseconds of handling so many members, one after the other (R109). */
  handler(members: number): number {
    let sum = 0;
    for (let part = this.parts(members); part > 0; part -= 1) sum += this.part(members);
    return sum;
  }

  /** In how many parts so many members are handled: one each, or a single one where the handler takes them all as one batch. */
  parts(members: number): number {
    return this.scenario.cost.handlerPageMicros === undefined ? members : 1;
  }

  /** Model microseconds of the next of these parts. */
  part(members: number): number {
    const { handlerMicros, handlerPageMicros } = this.scenario.cost;
    const own = this.draw(handlerMicros);
    return handlerPageMicros === undefined ? own : own + (members - 1) * handlerPageMicros;
  }

  /** Model microseconds of the storage that the members had to be read from (R115). */
  storage(members: readonly MemberResult[]): number {
    let sum = 0;
    for (const { resolution } of members)
      if (resolution === 'major') sum += this.draw(this.scenario.cost.storageMicros);
    return sum;
  }

  /** Model microseconds of the pages that faults brought along: each costs the same, and all of them come after the member. */
  prefetch(pages: number): number {
    return pages * this.scenario.cost.prefetchMicros;
  }

  private draw(spread: Spread): number {
    return drawSpread(this.random, spread);
  }
}
