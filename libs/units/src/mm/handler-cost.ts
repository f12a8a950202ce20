import type { ResolvedScenario } from '@faultline/contracts';
import { type MemberResult, SeededRandom } from '@faultline/domain';

interface Spread {
  median: number;
  p99: number;
}

/** The 99th percentile of the standard normal distribution. */
const NORMAL_P99 = 2.3263478740408408;

/** Draws what the modelled handler costs: constant, or lognormal through the profile's median and 99th percentile. */
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
    for (let member = 0; member < members; member += 1) sum += this.draw(this.scenario.cost.handlerMicros);
    return sum;
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

  private draw({ median, p99 }: Spread): number {
    if (median <= 0 || p99 <= median) return median;
    const sigma = Math.log(p99 / median) / NORMAL_P99;
    return median * Math.exp(sigma * this.normal());
  }

  /** A standard normal draw (Box and Muller). */
  private normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.random.unit()));
    return radius * Math.cos(2 * Math.PI * this.random.unit());
  }
}
