import { availableParallelism } from 'node:os';
import { FAULTLINE_VERSION } from '@faultline/contracts';
import {
  deviceOf,
  type PlannedRun,
  plannedRuns,
  pointsOf,
  type PointRun,
  type RunMode,
  type Study,
} from '@faultline/study';
import { Interrupted } from '../errors';
import type { RunJob } from './run-job';
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
  /** Makes one run of a mode; rejects with {@link Interrupted} when the user asked to stop. */
  make: Record<RunMode, (job: RunJob) => Promise<PointRun>>;
  /** Called after each run, with what it took with everything that was done for it. */
  onRun(run: PointRun, tookMillis: number): void;
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
  const { open } = course;
  let left = open.length;
  const make = async (run: PlannedRun): Promise<void> => {
    await makeOne(course, run);
    left -= 1;
  };
  try {
    for (const [mode, jobs] of [['live', 1] as const, ['simulated', course.jobs] as const])
      await sideBySide(
        open.filter((run) => run.mode === mode),
        jobs,
        course.isStopRequested,
        make,
      );
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  }
  return left === 0;
}

async function makeOne({ source, folder, make, onRun }: StudyCourse, planned: PlannedRun): Promise<void> {
  const job = await jobOf(source, planned);
  const begun = performance.now();
  const run = await make[planned.mode](job);
  folder.keep(run);
  onRun(run, performance.now() - begun);
}

async function sideBySide(
  runs: readonly PlannedRun[],
  jobs: number,
  isStopRequested: () => boolean,
  make: (run: PlannedRun) => Promise<void>,
): Promise<void> {
  const left = [...runs];
  const hand = async (): Promise<void> => {
    while (!isStopRequested()) {
      const run = left.shift();
      if (!run) return;
      await make(run);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, left.length) }, hand));
}

async function jobOf(source: StudySource, planned: PlannedRun): Promise<RunJob> {
  const { study, file } = source;
  const scenario = await scenarioOfRun(source, planned);
  return {
    ...planned,
    ...{ version: FAULTLINE_VERSION, scenario, window: study.window },
    ...{ apart: apartOf(study), studyFile: file },
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
