import { availableParallelism } from 'node:os';
import {
  deviceOf,
  type PlannedRun,
  plannedRuns,
  pointsOf,
  type PointRun,
  type Study,
} from '@faultline/study';
import { Interrupted } from '../errors';
import type { LiveOptions } from './live-run';
import { liveRun } from './live-run';
import type { SimulationJob } from './simulated-run';
import type { StudyFolder } from './study-folder';
import { scenarioOfRun, type StudySource } from './study-source';

/** What carrying out a study needs. */
export interface StudyCourse {
  source: StudySource;
  folder: StudyFolder;
  /** The runs that are to be made, in their order. */
  open: readonly PlannedRun[];
  /** Simulated runs that are made side by side; live ones are made one by one, since the machine is theirs. */
  jobs: number;
  simulate(job: SimulationJob): Promise<PointRun>;
  live: Omit<LiveOptions, 'directory' | 'study' | 'apart' | 'studyFile'>;
  /** Called after each run. */
  onRun(run: PointRun): void;
  isStopRequested(): boolean;
}

/** As many simulations as there are processors. */
export const defaultJobs = (): number => availableParallelism();

/** The runs that a study wants, and those of them that are not there yet, or failed, in the order in which they are made. */
export function openRuns(study: Study, folder: StudyFolder): { wanted: number; open: PlannedRun[] } {
  const planned = plannedRuns(study, pointsOf(study));
  const done = new Set(
    folder
      .finished()
      .filter(({ failure }) => failure === null)
      .map(nameOf),
  );
  return { wanted: planned.length, open: planned.filter((run) => !done.has(nameOf(run))) };
}

/** Makes runs, and keeps each as it comes. Resolves with whether all of them were made: not so when the user asked to stop. */
export async function carryOut(course: StudyCourse): Promise<boolean> {
  const { source, folder, open } = course;
  let left = open.length;
  const keep = (run: PointRun): void => {
    folder.keep(run);
    left -= 1;
    course.onRun(run);
  };
  for (const run of open.filter(({ mode }) => mode === 'live')) {
    if (course.isStopRequested() || !(await makeLive(course, run, keep))) return false;
  }
  await sideBySide(
    open.filter(({ mode }) => mode === 'simulated'),
    course,
    async (run) => keep(await course.simulate(await jobOf(source, run))),
  );
  return left === 0;
}

async function makeLive(
  course: StudyCourse,
  run: PlannedRun,
  keep: (run: PointRun) => void,
): Promise<boolean> {
  const { source, folder, live } = course;
  const { study, file } = source;
  const options = { ...live, directory: folder.live, study, apart: apartOf(study), studyFile: file };
  try {
    keep(await liveRun(run, await scenarioOfRun(source, run), options));
    return true;
  } catch (error) {
    if (error instanceof Interrupted) return false;
    throw error;
  }
}

async function sideBySide(
  runs: readonly PlannedRun[],
  { jobs, isStopRequested }: StudyCourse,
  make: (run: PlannedRun) => Promise<void>,
): Promise<void> {
  const left = [...runs];
  const hand = async (): Promise<void> => {
    for (let run = left.shift(); run && !isStopRequested(); run = left.shift()) await make(run);
  };
  await Promise.all(Array.from({ length: Math.min(jobs, left.length) }, hand));
}

async function jobOf(source: StudySource, planned: PlannedRun): Promise<SimulationJob> {
  const { study } = source;
  const { point, repetition, seed } = planned;
  const scenario = await scenarioOfRun(source, planned);
  return {
    point,
    repetition,
    seed,
    scenario,
    window: study.window,
    network: planned.network,
    apart: apartOf(study),
  };
}

/** Devices that figures of the study name. */
function apartOf({ plots, holds }: Study): string[] {
  const figures = [
    ...plots.map(({ y }) => y),
    ...holds.flatMap(({ figure, againstFigure = figure }) => [figure, againstFigure]),
  ];
  return [...new Set(figures.flatMap((figure) => deviceOf(figure) ?? []))];
}

const nameOf = ({ point, repetition, mode }: Pick<PointRun, 'point' | 'repetition' | 'mode'>): string =>
  `${point}/${repetition}/${mode}`;
