import type { ResolvedScenario } from '@faultline/contracts';
import { compareRepetitions, mean, type RepetitionComparison } from '@faultline/stats';
import type { MachineFacts, RunReportData } from '../report-data';
import { type Difference, differencesOf } from './differences';
import { originDifferences } from './origins';
import { figuresToCompare, type RunFigure } from './run-figures';
import { warningsOf } from './warnings';

/** A run whose scenario is known, as far as it is compared. */
export type ComparableRun = RunReportData & { scenario: ResolvedScenario };

/** One run of a group. */
export interface ComparedRun {
  id: string;
  scenario: string;
  seed: number | null;
  /** Wall microseconds of one model microsecond. */
  timeScale: number | null;
  end: RunReportData['run']['end'];
  auditPassed: boolean;
  program: RunReportData['program'];
  machine: MachineFacts | null;
}

/** A figure of all repetitions of a group. */
export interface GroupFigure extends Omit<RunFigure, 'value'> {
  /** One for each run of the group. */
  values: (number | null)[];
  /** Of those that there are; null when there are none. */
  mean: number | null;
  /** Whether the change says something of the scenarios: wall times of different machines, versions or time scales do not. */
  comparable: boolean;
  /** Against the first group; null for that itself, and where one of the two has no value. */
  change: RepetitionComparison | null;
}

/** Runs that are repetitions of each other: the same settings, machine and version. Their seeds may differ. */
export interface RunGroup {
  runs: ComparedRun[];
  /** Settings that are others than the first group's. */
  settings: Difference[];
  /** Machine and version, where they are others than the first group's, in words. */
  origin: string[];
  /** Why wall times are not comparable with the first group's, in words; empty when they are. */
  wallTimeDiffers: string[];
  figures: GroupFigure[];
}

/** Runs side by side. Times are microseconds, rates are faults a second. */
export interface RunComparison {
  format: 'faultline-comparison/1';
  /** What to know first, one line each. */
  warnings: string[];
  /** In the order in which the runs were given; the others are compared with the first. */
  groups: RunGroup[];
}

/** Groups runs by what they are repetitions of, and compares each group with the first. */
export function compareRuns(runs: readonly ComparableRun[]): RunComparison {
  const groups = groupsOf(runs);
  const [first = []] = groups;
  const compared = groups.map((group) => comparedGroup(group, first));
  return { format: 'faultline-comparison/1', warnings: allWarnings(runs, compared), groups: compared };
}

function groupsOf(runs: readonly ComparableRun[]): ComparableRun[][] {
  const groups: ComparableRun[][] = [];
  for (const run of runs) {
    const own = groups.find(([other]) => other && isRepetition(other, run));
    if (own) own.push(run);
    else groups.push([run]);
  }
  return groups;
}

const isRepetition = (one: ComparableRun, other: ComparableRun): boolean =>
  differencesOf(one.scenario, other.scenario).length === 0 && originDifferences(one, other).length === 0;

function comparedGroup(group: readonly ComparableRun[], first: readonly ComparableRun[]): RunGroup {
  const [one, base] = [group[0], first[0]];
  const isFirst = group === first;
  const settings = one && base ? differencesOf(base.scenario, one.scenario) : [];
  const origin = one && base ? originDifferences(base, one) : [];
  const wallTimeDiffers = [
    ...settings
      .filter(({ path }) => path === 'timeScale')
      .map(({ before, after }) => `time scale ${String(before)} -> ${String(after)}`),
    ...origin,
  ];
  const before = new Map(figuresOf(first).map(({ id, values }) => [id, values]));
  const figures = figuresOf(group).map((figure): GroupFigure => ({
    ...figure,
    mean: meanOf(figure.values),
    comparable: figure.time !== 'wall' || wallTimeDiffers.length === 0,
    change: isFirst ? null : changeOf(before.get(figure.id) ?? [], figure.values),
  }));
  return { runs: group.map(facts), settings, origin, wallTimeDiffers, figures };
}

function figuresOf(
  group: readonly ComparableRun[],
): (Omit<RunFigure, 'value'> & { values: (number | null)[] })[] {
  const all = group.map(figuresToCompare);
  const values = all.map((figures) => new Map(figures.map(({ id, value }) => [id, value])));
  return (all[0] ?? []).map(({ id, part, name, time, unit }) => ({
    ...{ id, part, name, time, unit },
    values: values.map((of) => of.get(id) ?? null),
  }));
}

const known = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);

function meanOf(values: readonly (number | null)[]): number | null {
  const some = known(values);
  return some.length === 0 ? null : mean(some);
}

function changeOf(
  before: readonly (number | null)[],
  after: readonly (number | null)[],
): RepetitionComparison | null {
  const [was, is] = [known(before), known(after)];
  return was.length === 0 || is.length === 0 ? null : compareRepetitions(was, is);
}

function facts({ run, audit, program, machine }: ComparableRun): ComparedRun {
  const { id, scenario, seed, timeScale, end } = run;
  return { ...{ id, scenario, seed, timeScale, end }, auditPassed: audit.report.clean, program, machine };
}

function allWarnings(runs: readonly ComparableRun[], groups: readonly RunGroup[]): string[] {
  const differs = groups.flatMap(({ wallTimeDiffers }, place) =>
    wallTimeDiffers.length === 0
      ? []
      : [`wall times of groups 1 and ${place + 1} are not comparable: ${wallTimeDiffers.join(', ')}`],
  );
  return [...differs, ...warningsOf(runs)];
}
