import { SeededRandom } from '@faultline/domain';
import type { PointRun, RunMode } from './point-run';
import type { Study } from './schema';
import type { Point } from './sweep';

/** A run that a study wants. */
export interface PlannedRun extends Pick<PointRun, 'point' | 'repetition' | 'mode' | 'seed'> {
  settings: readonly string[];
  network: Study['network'];
}

/**
 * All runs of a study in the order in which they are made: a random one, always the same for a seed, so that a machine that slows down
 * or warms up while a study goes on does not look like an effect of a parameter.
 */
export function plannedRuns(
  study: Pick<Study, 'mode' | 'repetitions' | 'seed'>,
  points: readonly Point[],
): PlannedRun[] {
  const modes: RunMode[] = study.mode === 'both' ? ['live', 'simulated'] : [study.mode];
  const runs = points.flatMap(({ point, settings, network }) =>
    Array.from({ length: study.repetitions }, (_, index) =>
      modes.map((mode): PlannedRun => ({
        point,
        repetition: index + 1,
        mode,
        seed: study.seed + index,
        settings,
        network,
      })),
    ).flat(),
  );
  const random = new SeededRandom(study.seed).fork('study/order');
  for (let place = runs.length - 1; place > 0; place -= 1) {
    const other = random.below(place + 1);
    const [one, two] = [runs[place], runs[other]];
    if (one && two) [runs[place], runs[other]] = [two, one];
  }
  return runs;
}
