import { FAULTLINE_VERSION } from '@faultline/contracts';
import { checkoutCommit, describeMachine } from '@faultline/runtime';
import { type PointRun, pointsOf, type Study, studyPasses, studyResult } from '@faultline/study';
import { ComposeDeployment } from '../compose/deployment';
import { Docker } from '../compose/docker';
import { BadInput, Exit } from '../errors';
import { studyLines } from '../print/study-lines';
import { styleFor } from '../print/style';
import { formatTable } from '../print/table';
import { Interruption } from '../run/interruption';
import { ProgressDisplay } from '../run/progress-display';
import { newRunId } from '../run/run-folder';
import { carryOut, defaultJobs, openRuns } from '../study/carry-out';
import { ComposeRuns } from '../study/compose-runs';
import { liveOptions, liveRun } from '../study/live-run';
import type { RunJob } from '../study/run-job';
import { RunMakers, simulatingProcess } from '../study/run-makers';
import { StudyFolder } from '../study/study-folder';
import { StudyProgress } from '../study/study-progress';
import { checkPoints, readStudy, shippedStudies, type StudySource } from '../study/study-source';
import { writeStudyReport } from '../study/write-study-report';
import type { Terminal } from '../terminal';

export interface StudyFlags {
  studies: string;
  set?: string[];
  resume?: boolean;
  jobs?: number;
  compose?: boolean;
  json?: boolean;
  debug?: boolean;
}

/** Runs a study and prints what came out. Nothing is started before its file and the scenario of each point were found to be good. */
export async function study(
  nameOrFile: string | undefined,
  flags: StudyFlags,
  terminal: Terminal,
  environment: NodeJS.ProcessEnv,
): Promise<Exit> {
  if (nameOrFile === undefined) return list(terminal);
  const source = readStudy(nameOrFile, flags.set ?? []);
  await checkPoints(source);
  const display = new ProgressDisplay(terminal);
  const live = await liveRuns(source.study, flags, display, environment);
  const folder = folderOf(source, flags);
  const isComplete = await runAll(source, folder, live, flags.jobs ?? defaultJobs(), display);
  const result = studyResult(source.study, folder.finished());
  const { data, page } = writeStudyReport(folder, result);
  if (flags.json) terminal.out(JSON.stringify(data, null, 2));
  else terminal.out(studyLines(result, page, styleFor(terminal.colour), terminal.columns).join('\n'));
  if (!isComplete) {
    terminal.err(
      `faultline: stopped after ${result.made} of ${result.wanted} runs: the same command with --resume goes on\n`,
    );
    return Exit.INTERRUPTED;
  }
  return studyPasses(result) ? Exit.OK : Exit.FAILED;
}

function list(terminal: Terminal): Exit {
  const rows = shippedStudies().map(({ name, file }) => {
    const { study: found } = readStudy(file, []);
    return [name, `${found.title} (${pointsOf(found).length} points, ${found.mode})`];
  });
  terminal.out(formatTable([{ heading: 'study' }, { heading: '' }], rows, terminal.columns).join('\n'));
  return Exit.OK;
}

function folderOf(source: StudySource, { studies, resume }: StudyFlags): StudyFolder {
  if (resume) return StudyFolder.resumable(studies, source);
  const id = `${source.study.name}-${newRunId(new Date(), Math.random)}`;
  const program = { version: FAULTLINE_VERSION, commit: checkoutCommit() };
  return StudyFolder.create(studies, id, source, { program, machine: describeMachine() });
}

/** Who makes the live runs of a study. */
interface LiveRuns {
  make(job: RunJob, folder: StudyFolder): Promise<PointRun>;
  /** The user asked to stop. */
  stop(): void;
  /** The user does not want to wait for that. */
  kill(): void;
  /** There are no more of them. */
  close(): Promise<void>;
}

/** Here, or on a deployment when that was asked for. Rejects with {@link BadInput} for what cannot be; nothing is changed yet. */
async function liveRuns(
  { name, mode }: Study,
  { compose, debug }: StudyFlags,
  display: ProgressDisplay,
  environment: NodeJS.ProcessEnv,
): Promise<LiveRuns> {
  if (!compose) {
    const options = liveOptions(environment, debug ? 'debug' : 'info');
    return {
      make: (job, folder) => liveRun(job, { ...options, directory: folder.live }),
      // A run on this machine listens to signals itself.
      ...{ stop: () => undefined, kill: () => undefined, close: () => Promise.resolve() },
    };
  }
  if (mode === 'simulated')
    throw new BadInput(
      `--compose is for live runs, and study '${name}' has none: add --set mode=live, or mode=both`,
    );
  const docker = new Docker(environment);
  const runs = new ComposeRuns(await ComposeDeployment.find(docker, (line) => display.step(line)));
  return {
    make: (job) => runs.make(job),
    stop: () => void runs.stop(),
    kill: () => runs.kill(),
    // The study is made by then, and is worth no less.
    close: () =>
      runs.close().catch((error: unknown) => {
        display.step(
          `the deployment did not get its size back: ${error instanceof Error ? error.message : String(error)}`,
        );
      }),
  };
}

async function runAll(
  source: StudySource,
  folder: StudyFolder,
  live: LiveRuns,
  jobs: number,
  display: ProgressDisplay,
): Promise<boolean> {
  const simulators = new RunMakers(simulatingProcess);
  const interruption = new Interruption(
    () => {
      simulators.kill();
      live.kill();
    },
    () => display.step('stopping after the runs under way; Ctrl-C again ends everything at once'),
  );
  void interruption.requested.then(() => live.stop());
  const { wanted, open } = openRuns(source.study, folder);
  const progress = new StudyProgress(open, wanted, jobs);
  display.step(`study ${source.study.name}: ${wanted} runs, kept in ${folder.path}`);
  try {
    return await carryOut({
      ...{ source, folder, open, jobs },
      make: { live: (job) => live.make(job, folder), simulated: (job) => simulators.run(job) },
      onRun: (run, tookMillis) => {
        progress.take(run, tookMillis);
        const { point, repetition, failure } = run;
        if (failure !== null) display.step(`point ${point}, repetition ${repetition} failed: ${failure}`);
        display.update(progress.line);
      },
      isStopRequested: () => interruption.isRequested,
    });
  } finally {
    simulators.kill();
    await live.close();
    display.clear();
    interruption.close();
  }
}
