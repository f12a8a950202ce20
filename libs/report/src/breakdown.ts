import { type Stage, STAGE_NAMES, STAGES } from '@faultline/audit';
import type { ResolvedScenario } from '@faultline/contracts';
import { formatCount } from '@faultline/stats';
import type { FaultFigures, StageSums } from './fault-figures';
import { type Cell, type Figure, roundMicros } from './figure';
import { nothingOf } from './percentiles';

type Cost = Pick<ResolvedScenario, 'cost' | 'hostCosts' | 'timeScale' | 'profile'>;

const stages = (micros: (stage: Stage) => number): number[] =>
  STAGES.map((stage) => roundMicros(Math.max(0, micros(stage))));

/** Where the time goes, in wall time: `slowest` are the faults of the slowest hundredth. */
export function wallBreakdown(figures: FaultFigures, slowest: StageSums, scale: string): Figure {
  const { endToEnd, sums } = figures;
  const p99 = (stage: Stage): number => figures.times.of(stage).percentile(99);
  const nothing = nothingOf(endToEnd);
  const rows: Cell[][] = [
    ['mean of all faults', ...stages((stage) => sums.meanMicros(stage))],
    ['mean of the slowest 1 %', ...stages((stage) => slowest.meanMicros(stage))],
    ['p99 of each stage', ...stages(p99)],
  ];
  return {
    id: 'breakdown',
    title: 'Where the time goes',
    caption: `Stages in their order, in wall time. ${scale} The first two bars add up to the mean end-to-end time of their faults (${formatCount(sums.faults)} and ${formatCount(slowest.faults)}). In the third each stage has its own 99th percentile: other faults at each stage, so that their sum is no latency that any fault had.`,
    time: 'wall',
    nothing,
    columns: [
      { name: 'faults', unit: '' },
      ...STAGES.map((stage) => ({ name: STAGE_NAMES[stage], unit: 'µs' })),
    ],
    rows: nothing === null ? rows : [],
    chart: { kind: 'stacks', colours: [...STAGES] },
  };
}

/** What the profile wants each stage to cost, beside what it came to; in model time. */
export function modelBreakdown(figures: FaultFigures, scenario: Cost | null): Figure {
  const asked = scenario && askedMicros(scenario);
  const isNothing = figures.endToEnd.count === 0 || !asked;
  const timeScale = scenario?.timeScale ?? 1;
  const p50 = (stage: Stage): number => figures.times.of(stage).percentile(50) / timeScale;
  const rows: Cell[][] = asked
    ? [
        [`cost in profile ${scenario.profile}`, ...stages((stage) => asked[stage])],
        ['median of each stage', ...stages(p50)],
        ['mean of all faults', ...stages((stage) => figures.sums.meanMicros(stage) / timeScale)],
      ]
    : [];
  return {
    id: 'model',
    title: 'What the model asks for, and what it came to',
    caption: `Model time: wall time divided by the time scale, ${formatCount(timeScale)}. The first bar is what the scenario's profile charges for a fault that waits for nobody; what is longer in the others is waiting, batching, pages that come from storage, and the software itself.`,
    time: 'model',
    nothing: isNothing ? whyNot(figures, scenario) : null,
    columns: [
      { name: 'faults', unit: '' },
      ...STAGES.map((stage) => ({ name: STAGE_NAMES[stage], unit: 'µs' })),
    ],
    rows: isNothing ? [] : rows,
    chart: { kind: 'stacks', colours: [...STAGES] },
  };
}

function whyNot({ endToEnd }: FaultFigures, scenario: Cost | null): string {
  if (endToEnd.count === 0)
    return 'No fault settled in this run, so there is nothing to compare with the model.';
  if (!scenario) return 'The scenario is not kept with this run, so its model is not known.';
  return `The profile '${scenario.profile}' charges nothing: all of this run's time is the software's own.`;
}

/** Which stage each modelled cost is spent in; null when there is none. */
function askedMicros({ cost, hostCosts }: Cost): Record<Stage, number> | null {
  const { wakeMicros = 0, queueLockMicros = 0, mmLockMicros = 0 } = hostCosts ?? {};
  const asked = {
    deviceToIommu: cost.deviceMicros,
    iommuToQueue: cost.interruptMicros,
    queueWait: wakeMicros + queueLockMicros + cost.enqueueMicros,
    mm: Math.max(cost.handlerMicros.median, mmLockMicros),
    response: cost.responseMicros,
    retry: 0,
  };
  return Object.values(asked).some((micros) => micros > 0) ? asked : null;
}
