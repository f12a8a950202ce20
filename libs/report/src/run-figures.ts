import { STAGE_NAMES, STAGES } from '@faultline/audit';
import type { ResolvedScenario } from '@faultline/contracts';
import { formatCount } from '@faultline/stats';
import { modelBreakdown, wallBreakdown } from './breakdown';
import type { FaultFigures, StageSums } from './fault-figures';
import type { Figure } from './figure';
import { figuresOverTime } from './over-time';
import { percentileFigure } from './percentiles';
import type { LatencyRow } from './report-data';

/** All figures of a run, in their order. `slowest` are the stages of the slowest hundredth of its faults. */
export function runFigures(
  figures: FaultFigures,
  slowest: StageSums,
  scenario: ResolvedScenario | null,
): Figure[] {
  const scale = scaleWords(scenario);
  return [
    ...figuresOverTime(figures),
    percentileFigure(figures, scale),
    wallBreakdown(figures, slowest, scale),
    modelBreakdown(figures, scenario),
  ];
}

function scaleWords(scenario: ResolvedScenario | null): string {
  if (!scenario) return 'The time scale is not known.';
  if (scenario.timeScale === 1) return 'The time scale is 1: wall time is model time.';
  return `Time scale ${formatCount(scenario.timeScale)}: so many µs of wall time stand for one µs of the modelled hardware.`;
}

/** Wall time of every stage, in order, and from end to end. */
export function latencyRows(figures: FaultFigures): LatencyRow[] {
  const summaries = figures.times.summaries();
  return [
    ...STAGES.map((id) => ({ id, name: STAGE_NAMES[id], summary: summaries[id] })),
    { id: 'endToEnd', name: 'end to end', summary: summaries.endToEnd },
  ];
}
