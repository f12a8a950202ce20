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

  /**
   * Model microseconds of handling so many members, one after the other (R109): a time for each, or a single one where the handler
   * takes them all as one batch.
   */
  handler(members: number): number[] {
    const { handlerMicros, handlerPageMicros } = this.scenario.cost;
    if (handlerPageMicros !== undefined)
      return [this.draw(handlerMicros) + (members - 1) * handlerPageMicros];
    return Array.from({ length: members }, () => this.draw(handlerMicros));
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
