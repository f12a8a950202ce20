import { FAULTLINE_VERSION, writeFormat } from '@faultline/contracts';
import { checkoutCommit, describeMachine, readProvisioning } from '@faultline/runtime';
import { plannedRuns, pointsOf, studyPasses, studyResult } from '@faultline/study';
import { BadInput, Exit } from '../errors';
import { studyLines } from '../print/study-lines';
import { styleFor } from '../print/style';
import { formatTable } from '../print/table';
import { Interruption } from '../run/interruption';
import { ProgressDisplay } from '../run/progress-display';
import { newRunId, RUNS_DIRECTORY } from '../run/run-folder';
import { carryOut, defaultJobs } from '../study/carry-out';
import { Simulators } from '../study/simulators';
import { StudyFolder } from '../study/study-folder';
import { StudyProgress } from '../study/study-progress';
import { checkPoints, readStudy, shippedStudies, type StudySource } from '../study/study-source';
import { writeStudyReport } from '../study/write-study-report';
import type { Terminal } from '../terminal';
import { siteOf } from './run';

export interface StudyFlags {
  studies: string;
  set?: string[];
  resume?: boolean;
  jobs?: number;
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
  const jobs = flags.jobs ?? defaultJobs();
  if (jobs < 1) throw new BadInput(`--jobs is ${jobs}, expected at least 1`);
  const source = readStudy(nameOrFile, flags.set ?? []);
  await checkPoints(source);
  const folder = folderOf(source, flags);
  const display = new ProgressDisplay(terminal);
  const isComplete = await runAll(source, folder, jobs, display, flags, environment);
  display.clear();
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

async function runAll(
  source: StudySource,
  folder: StudyFolder,
  jobs: number,
  display: ProgressDisplay,
  flags: StudyFlags,
  environment: NodeJS.ProcessEnv,
): Promise<boolean> {
  const { study: asked } = source;
  const provisioning = readProvisioning(environment);
  writeFormat(provisioning.format);
  const simulators = new Simulators();
  const interruption = new Interruption(
    () => simulators.close(),
    () => display.step('stopping after the runs under way; Ctrl-C again ends everything at once'),
  );
  const planned = plannedRuns(asked, pointsOf(asked));
  const countOf = (mode: string, runs: readonly { mode: string }[]): number =>
    runs.filter((run) => run.mode === mode).length;
  const there = folder.finished().filter(({ failure }) => failure === null);
  const left = {
    live: countOf('live', planned) - countOf('live', there),
    simulated: countOf('simulated', planned) - countOf('simulated', there),
  };
  const progress = new StudyProgress(left, jobs);
  display.step(`study ${asked.name}: ${planned.length} runs, kept in ${folder.path}`);
  try {
    return await carryOut({
      ...{ source, folder, jobs },
      simulate: (job) => simulators.run(job),
      live: {
        ...{ environment, provisioning, site: siteOf(environment) },
        runs: environment['FAULTLINE_RUNS_DIR'] || RUNS_DIRECTORY,
        logLevel: environment['LOG_LEVEL'] || (flags.debug ? 'debug' : 'info'),
      },
      onRun: (run, made, wanted) => {
        progress.take(run);
        display.update(progress.line(made, wanted));
      },
      isStopRequested: () => interruption.isRequested,
    });
  } finally {
    display.clear();
    simulators.close();
    interruption.close();
  }
}
