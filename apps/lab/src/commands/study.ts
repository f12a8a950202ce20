import { FAULTLINE_VERSION, writeFormat } from '@faultline/contracts';
import { checkoutCommit, describeMachine, readProvisioning } from '@faultline/runtime';
import { pointsOf, studyPasses, studyResult } from '@faultline/study';
import { Exit } from '../errors';
import { studyLines } from '../print/study-lines';
import { styleFor } from '../print/style';
import { formatTable } from '../print/table';
import { Interruption } from '../run/interruption';
import { ProgressDisplay } from '../run/progress-display';
import { newRunId, RUNS_DIRECTORY } from '../run/run-folder';
import { siteOf } from '../run/site';
import { carryOut, defaultJobs, openRuns, type StudyCourse } from '../study/carry-out';
import { Simulators } from '../study/simulators';
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
  const live = liveOptions(flags, environment);
  const folder = folderOf(source, flags);
  const isComplete = await runAll(source, folder, live, flags.jobs ?? defaultJobs(), terminal);
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

function liveOptions({ debug }: StudyFlags, environment: NodeJS.ProcessEnv): StudyCourse['live'] {
  const provisioning = readProvisioning(environment);
  writeFormat(provisioning.format);
  return {
    ...{ environment, provisioning, site: siteOf(environment) },
    runs: environment['FAULTLINE_RUNS_DIR'] || RUNS_DIRECTORY,
    logLevel: environment['LOG_LEVEL'] || (debug ? 'debug' : 'info'),
  };
}

async function runAll(
  source: StudySource,
  folder: StudyFolder,
  live: StudyCourse['live'],
  jobs: number,
  terminal: Terminal,
): Promise<boolean> {
  const display = new ProgressDisplay(terminal);
  const simulators = new Simulators();
  const interruption = new Interruption(
    () => simulators.close(),
    () => display.step('stopping after the runs under way; Ctrl-C again ends everything at once'),
  );
  const { wanted, open } = openRuns(source.study, folder);
  const progress = new StudyProgress(open, wanted, jobs);
  display.step(`study ${source.study.name}: ${wanted} runs, kept in ${folder.path}`);
  try {
    return await carryOut({
      ...{ source, folder, open, jobs, live },
      simulate: (job) => simulators.run(job),
      onRun: (run) => {
        progress.take(run);
        display.update(progress.line);
      },
      isStopRequested: () => interruption.isRequested,
    });
  } finally {
    display.clear();
    simulators.close();
    interruption.close();
  }
}
