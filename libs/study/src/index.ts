export { type Aggregate, type PointFigures, type PointTime } from './aggregate';
export type { Agreement } from './agreement';
export { type ModeDifference } from './both-modes';
export {
  deviceOf,
  FIGURE_KINDS,
  figureKind,
  type FigureKind,
  type FigureUnit,
  LATENCY_MEANINGS,
  LATENCY_PARTS,
  stageFigure,
} from './figures';
export { type Verdict } from './judge';
export { axisTitle, curveOf, type DrawnPlot, type LinePoint, sharesOf, type StudyLine } from './lines';
export { type PlannedRun, plannedRuns } from './order';
export { parseStudy } from './parse';
export { type Measured, PointMeter } from './point-meter';
export { type LiveFacts, POINT_FORMAT, type PointRun, runFile, type RunMode } from './point-run';
export { type ParameterValue, type PublishedMark, type Study, type StudyPlot, studySchema } from './schema';
export { whereWords } from './select';
export { studyPasses, studyResult, type StudyResult } from './study-result';
export { parametersIn, type Point, pointsOf } from './sweep';
