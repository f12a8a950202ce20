import { checkLittlesLaw, checkStageSum } from '@faultline/stats';
import { STAGES } from '@faultline/audit';
import type { PointFigures } from './aggregate';
import { stageFigure } from './figures';
import type { PointRun } from './point-run';
import type { Study } from './schema';
import { whereWords } from './select';

/** From this share of the processors' time on, what limits a run may be the machine. */
const BUSY_SHARE = 0.9;
/** Modelled cost should be so many times the software's, or the software blurs what is studied. */
const TIMES_SOFTWARE = 10;
/** Accesses of an open loop that start later than this share of a fault's mean latency were not offered as was meant. */
const LATE_SHARE = 0.1;
const LITTLE_TOLERANCE = 0.1;
const STAGE_TOLERANCE = 0.01;
/** Fewer faults than this in a window say little of a 99th percentile: of 200 it is the third largest. */
const FEW_FAULTS = 200;

/** What to know of a study before its figures are believed; one line each, with the points that are concerned. */
export function studyWarnings({ window }: Study, points: readonly PointFigures[]): string[] {
  const lines = new Map<string, PointFigures[]>();
  for (const point of points)
    for (const line of new Set(point.runs.flatMap(linesOfRun).concat(linesOfPoint(point))))
      lines.set(line, [...(lines.get(line) ?? []), point]);
  const share = (part: number): string => `${Math.round(part * 100)} %`;
  const excluded = `rates and latencies are of the part of each run from ${share(window.from)} to ${share(window.to)} of its length: what comes before is warm-up, what comes after is its running out`;
  return [
    excluded,
    ...placesLine(points),
    ...[...lines].map(([line, of]) => `${placesOf(of, points)}: ${line}`),
  ];
}

/** A study may be gone on with somewhere else; what it compares is then two places. */
function placesLine(points: readonly PointFigures[]): string[] {
  const live = points.flatMap(({ runs }) => runs.flatMap(({ live: facts }) => facts ?? []));
  const places = new Set(
    live.map(({ deployment }) => deployment?.project ?? 'no deployment of docker compose'),
  );
  if (places.size < 2) return [];
  return [
    `live runs were made on ${[...places].join(' and ')}: differences between them may be those of the places`,
  ];
}

function linesOfRun(run: PointRun): string[] {
  const lines: string[] = [];
  if (run.failure !== null) return [`a run failed: ${run.failure}`];
  if (!run.audit.clean) lines.push(`the audit of a run failed (${run.audit.violated.join(', ')})`);
  const late = run.figures['late.p50'] ?? null;
  const latency = run.figures['latency.mean'] ?? null;
  if (late !== null && latency !== null && late > LATE_SHARE * latency)
    lines.push(
      'accesses of an open loop began late, so that less load was offered than was meant: raise `outstanding`, or lower the rate',
    );
  return [...lines, ...linesOfLiveRun(run)];
}

function linesOfLiveRun({ live, modelledMicros, timeScale }: PointRun): string[] {
  if (!live) return [];
  const lines: string[] = [];
  const modelled = modelledMicros * timeScale;
  if (live.busyShare > BUSY_SHARE && modelled > 0)
    lines.push(
      `the processors were busy for more than ${Math.round(BUSY_SHARE * 100)} % of the time, so the machine may have been the limit, load generator included: raise timeScale`,
    );
  if (modelled > 0 && live.leastWallMicros !== null) {
    const software = Math.max(0, live.leastWallMicros - modelled);
    if (modelled < TIMES_SOFTWARE * software)
      lines.push(
        `modelled cost is less than ${TIMES_SOFTWARE} times what the software itself takes: raise timeScale`,
      );
  }
  return lines;
}

function linesOfPoint({ figures, runs }: PointFigures): string[] {
  const good = runs.filter(({ failure }) => failure === null);
  if (good.length === 0) return [];
  const lines: string[] = [];
  const of = (figure: string): number | undefined => figures.get(figure)?.mean;
  // A percentile of a point is the mean of those of its repetitions, and no better than the worst of them.
  if (Math.min(...good.map(({ histograms }) => histograms.endToEnd.count)) < FEW_FAULTS)
    lines.push(`fewer than ${FEW_FAULTS} faults in the window of a repetition: percentiles say little`);
  const [throughput, residence, inside] = [of('throughput'), of('latency.mean'), of('inFlight')];
  if (throughput !== undefined && residence !== undefined && inside !== undefined) {
    const check = checkLittlesLaw(
      {
        throughputPerSecond: { value: throughput },
        meanResidenceMicros: { value: residence },
        meanInside: { value: inside },
      },
      { relativeTolerance: LITTLE_TOLERANCE },
    );
    if (!check.withinTolerance)
      lines.push(
        `throughput, latency and faults under way do not fit together by Little's law within ${LITTLE_TOLERANCE * 100} %: the window was not in a steady state`,
      );
  }
  const stages = STAGES.map((stage) => [stage, Math.max(0, of(stageFigure(stage, 'mean')) ?? 0)] as const);
  if (residence !== undefined) {
    const sum = checkStageSum(Object.fromEntries(stages), residence, { relativeTolerance: STAGE_TOLERANCE });
    if (!sum.withinTolerance)
      lines.push(`the stages miss the end-to-end time by more than ${STAGE_TOLERANCE * 100} %`);
  }
  return lines;
}

/** Points that are named in a line; more are counted. */
const NAMED = 3;

function placesOf(of: readonly PointFigures[], all: readonly PointFigures[]): string {
  if (of.length === all.length) return all.length === 1 ? 'the point' : `all ${all.length} points`;
  if (of.length > NAMED) return `${of.length} of ${all.length} points`;
  return of.map(({ values, mode }) => `${whereWords(values)} (${mode})`).join('; ');
}
