import { SeededRandom } from '@faultline/domain';
import type { ChaosOptions } from './options';

export type Verb = 'kill' | 'stop' | 'restart' | 'cut' | 'break' | 'slow' | 'crash-nats';

/** Something that is done to somebody. */
export interface Act {
  atMillis: number;
  verb: Verb;
  /** Name of the process; for NATS there is none. */
  victim: string;
  /** For what ends by itself: how long it lasts. */
  lastsMillis: number;
}

/** How often each is drawn. Most acts are kills; what one has done is still going on when the next comes. */
const WEIGHTS: readonly (readonly [Verb, number])[] = [
  ['kill', 60],
  ['stop', 16],
  ['restart', 6],
  ['cut', 6],
  ['break', 4],
  ['slow', 6],
  ['crash-nats', 2],
];
const NEEDS_CABLE: ReadonlySet<Verb> = new Set(['cut', 'break', 'slow']);

/** All acts of a run, from its seed alone. */
export function planActs(
  options: ChaosOptions,
  instances: readonly string[],
  cabled: readonly string[],
): Act[] {
  const random = new SeededRandom(options.seed);
  const endMillis = options.minutes * 60_000;
  const acts: Act[] = [];
  for (let atMillis = 0; ;) {
    // Between half the time and one and a half, so that acts meet the system at any point of its recovery.
    atMillis += options.every * 1_000 * (0.5 + random.unit());
    if (atMillis >= endMillis) return acts;
    const verb = drawVerb(random);
    const victims = NEEDS_CABLE.has(verb) ? cabled : instances;
    const victim = verb === 'crash-nats' ? 'nats-server' : (victims[random.below(victims.length)] ?? '');
    // From half a lease, in which nobody is missed, to three.
    acts.push({ atMillis, verb, victim, lastsMillis: options.leaseMillis * (0.5 + 2.5 * random.unit()) });
  }
}

function drawVerb(random: SeededRandom): Verb {
  let left = random.below(WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0));
  for (const [verb, weight] of WEIGHTS) {
    if (left < weight) return verb;
    left -= weight;
  }
  return 'kill';
}
