import { type Stage, STAGES } from '@faultline/audit';
import { compareRepetitions, type RepetitionComparison } from '@faultline/stats';
import type { PointFigures } from './aggregate';
import { stageFigure } from './figures';

/** How far the simulation of a point is from its live run, in model time. */
export interface ModeDifference {
  point: number;
  values: PointFigures['values'];
  /** From live to simulated; null where one of the two has no figure. */
  throughput: RepetitionComparison | null;
  endToEnd: RepetitionComparison | null;
  stages: Record<Stage, RepetitionComparison | null>;
}

/** Points that were run both ways, side by side. Means, since those of the stages add up. */
export function modeDifferences(points: readonly PointFigures[]): ModeDifference[] {
  return points.flatMap((live) => {
    if (live.mode !== 'live') return [];
    const simulated = points.find((other) => other.point === live.point && other.mode === 'simulated');
    if (!simulated) return [];
    const compared = (figure: string): RepetitionComparison | null => {
      const [was, is] = [live.figures.get(figure)?.values, simulated.figures.get(figure)?.values];
      return was && is ? compareRepetitions(was, is) : null;
    };
    const stages = STAGES.map((stage) => [stage, compared(stageFigure(stage, 'mean'))] as const);
    return [
      {
        point: live.point,
        values: live.values,
        throughput: compared('throughput'),
        endToEnd: compared('latency.mean'),
        stages: Object.fromEntries(stages) as ModeDifference['stages'],
      },
    ];
  });
}
