import { aggregate, type PointFigures } from './aggregate';
import { type ModeDifference, modeDifferences } from './both-modes';
import { type Agreement, agreementOf } from './agreement';
import { judge, type Verdict } from './judge';
import { type DrawnPlot, linesOf } from './lines';
import type { PointRun } from './point-run';
import type { Study } from './schema';
import { pointsOf } from './sweep';
import { studyWarnings } from './warnings';

/** What a study came to, from everything that its runs left. */
export interface StudyResult {
  study: Study;
  points: PointFigures[];
  plots: DrawnPlot[];
  verdicts: Verdict[];
  /** Whether the published shape is found; null where the study has none. */
  agreement: Agreement | null;
  /** Live against simulated, for a study of both. */
  differences: ModeDifference[];
  /** What to know before figures are believed, one line each. */
  warnings: string[];
  /** Runs that the study wants, and those that are there. */
  wanted: number;
  made: number;
}

/** Puts the runs of a study together. Points without a run are there without figures. */
export function studyResult(study: Study, runs: readonly PointRun[]): StudyResult {
  const points = pointsOf(study);
  const figures = aggregate(points, runs);
  const verdicts = judge(study.holds, figures);
  return {
    study,
    points: figures,
    plots: study.plots.map((plot) => linesOf(plot, figures, study.seed)),
    verdicts,
    agreement: study.published ? agreementOf(study.published, verdicts) : null,
    differences: modeDifferences(figures),
    warnings: studyWarnings(study, figures),
    wanted: points.length * study.repetitions * (study.mode === 'both' ? 2 : 1),
    made: runs.length,
  };
}

/** Whether the study passes: every run was made and audited well, and nothing that must hold fails. */
export function studyPasses({ verdicts, points, wanted, made }: StudyResult): boolean {
  const isSound = points.every(({ runs }) =>
    runs.every(({ failure, audit }) => failure === null && audit.clean),
  );
  return isSound && made === wanted && verdicts.every(({ verdict }) => verdict === 'holds');
}
