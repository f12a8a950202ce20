import { type Stage, STAGES } from '@faultline/audit';
import { SeededRandom } from '@faultline/domain';
import { Histogram, perSecond } from '@faultline/stats';
import { type Point, type PointRun, plannedRuns, pointsOf, type RunMode, type Study, studySchema } from '.';
import { latencyFigures } from './window-tally';

/** What a synthetic run of a point comes to: its throughput, and the mean of each stage. */
export interface Synthetic {
  perSecond: number;
  stages: Partial<Record<Stage, number>>;
}

/** A study as a file would say it, with its defaults. */
export const studyOf = (written: Record<string, unknown>): Study =>
  studySchema.parse({
    ...{ name: 'test', title: 'A test', question: 'Does it hold?', scenario: 'base.yaml' },
    ...{ vary: [{ name: 'servers', set: 'workers.servers', values: [1, 2, 4, 8] }] },
    plots: [{ id: 'throughput', title: 'Throughput', x: 'servers', y: 'throughput' }],
    ...written,
  });

/** Every run that a study wants, each as its point and mode have it, with noise of a few percent that the seed decides. */
export function syntheticRuns(
  study: Study,
  of: (values: Point['values'], mode: RunMode) => Synthetic,
  change: (run: PointRun) => PointRun = (run) => run,
): PointRun[] {
  const points = pointsOf(study);
  return plannedRuns(study, points).map(({ point, repetition, mode, seed }, place) => {
    const random = new SeededRandom(seed).fork(`${point}/${repetition}/${mode}`);
    const noise = (): number => 0.96 + 0.08 * random.unit();
    const synthetic = of(points[point]?.values ?? {}, mode);
    const measured = measuredOf(synthetic, noise);
    return change({
      ...{ format: 'faultline-point/2', point, repetition, mode, seed, profile: 'pri-minor' },
      ...{ timeScale: mode === 'live' ? 100 : 1, wallMillis: 1234, modelledMicros: 20 },
      endedAtMicros: SYNTHETIC_BEGIN + (place + 1) * 1234e3,
      ...{ audit: { clean: true, violated: [] }, failure: null, ...measured },
      ...(mode === 'live'
        ? { logHash: null, live: { run: `r${point}-${repetition}`, busyShare: 0.5, leastWallMicros: 2050 } }
        : { logHash: 'ab12', live: null }),
    });
  });
}

/** When a synthetic study begins, since the Unix epoch; its runs are made one after the other. */
export const SYNTHETIC_BEGIN = Date.UTC(2026, 0, 1) * 1e3;

/** So many that the 99th percentile of a window says something. */
const FAULTS = 240;
/** Of those so many are of the same length, which takes less time to put together. */
const ALIKE = 3;
const WINDOW = { fromMicros: 1e5, toMicros: 9e5, runMicros: 1e6 };

function measuredOf(
  synthetic: Synthetic,
  noise: () => number,
): Pick<PointRun, 'figures' | 'histograms' | 'window'> {
  const stages = new Map<Stage, Histogram>(STAGES.map((stage) => [stage, new Histogram()]));
  const endToEnd = new Histogram();
  const run = noise();
  for (let fault = 0; fault < FAULTS; fault += ALIKE) {
    let total = 0;
    for (const [stage, histogram] of stages) {
      // A tail that is long, as queues have it.
      const tail = 0.4 - 0.6 * Math.log((fault + 0.5) / FAULTS);
      const micros = (synthetic.stages[stage] ?? 0) * run * noise() * tail;
      histogram.record(micros, ALIKE);
      total += micros;
    }
    endToEnd.record(total, ALIKE);
  }
  const throughput = synthetic.perSecond * noise();
  const stageData = [...stages].map(([stage, histogram]) => [stage, histogram.toData()] as const);
  return {
    figures: {
      ...{ throughput, inFlight: (throughput * endToEnd.meanMicros) / 1e6, faults: FAULTS, unsettled: 0 },
      ...{ runMicros: 1e6, accesses: 2 * FAULTS, accessRate: perSecond(2 * FAULTS, 1e6), overflows: 0 },
      ...{ faultsPerGroup: null, retries: 0 },
      ...latencyFigures('latency', endToEnd.summary()),
      ...Object.assign(
        {},
        ...[...stages].map(([stage, each]) => latencyFigures(`stage.${stage}`, each.summary())),
      ),
    },
    histograms: {
      endToEnd: endToEnd.toData(),
      ...(Object.fromEntries(stageData) as Omit<PointRun['histograms'], 'endToEnd'>),
    },
    window: WINDOW,
  };
}
