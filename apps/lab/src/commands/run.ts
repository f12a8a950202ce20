import { LAB_NAME, type ResolvedScenario, writeFormat } from '@faultline/contracts';
import { readProvisioning } from '@faultline/runtime';
import { ErrorReporter } from '../error-reporter';
import { BadInput, Exit, RunFailed } from '../errors';
import { reportLines, type RunReport } from '../print/run-report';
import { styleFor } from '../print/style';
import { writeOrigin } from '../report/origin';
import { writeReport } from '../report/write-report';
import { newRunId, RunFolder } from '../run/run-folder';
import { RunSession, type SessionResult } from '../run/session';
import { isRunSummary } from '../run/summary-check';
import { type CheckedScenario, checkScenario } from '../scenario/preflight';
import type { Terminal } from '../terminal';

export interface RunFlags {
  runs: string;
  set?: string[];
  keep?: boolean;
  json?: boolean;
  debug?: boolean;
}

/** Runs a scenario and prints what came out. Nothing is started before all of the input was found to be good. */
export async function run(
  file: string,
  flags: RunFlags,
  terminal: Terminal,
  environment: NodeJS.ProcessEnv,
): Promise<Exit> {
  const settings = flags.set ?? [];
  const checked = await checkScenario(file, settings);
  refuseCrowd(checked.resolved);
  const site = siteOf(environment);
  const provisioning = readProvisioning(environment);
  writeFormat(provisioning.format);
  const folder = RunFolder.create(flags.runs, newRunId(new Date(), Math.random));
  folder.writeScenario(checked.text, checked.resolved);
  writeOrigin(folder, { scenarioFile: file, settings });
  const logLevel = environment['LOG_LEVEL'] || (flags.debug ? 'debug' : 'info');
  const scenario = checked.resolved;
  const session = new RunSession({ scenario, folder, terminal, environment, provisioning, logLevel, site });
  const report = reportOf(await session.run(), checked, folder);
  folder.writeSummary(report);
  const page = await pageOf(folder, flags, terminal);
  if (flags.json) terminal.out(JSON.stringify(report, null, 2));
  else terminal.out(reportLines(report, page, styleFor(terminal.colour), terminal.columns).join('\n'));
  const { clean } = report.summary.audit;
  // What failed is looked into, so its store stays.
  if (clean && !flags.keep) folder.removeNatsStore();
  if (report.end === 'stopped') return Exit.INTERRUPTED;
  return clean ? Exit.OK : Exit.FAILED;
}

/** A process of services for each worker: more than this is for simulations, which have them in one. */
const MOST_WORKER_PROCESSES = 64;

function refuseCrowd({ workers: { processes } }: ResolvedScenario): void {
  if (processes > MOST_WORKER_PROCESSES)
    throw new BadInput(
      `workers.processes is ${processes}, expected at most ${MOST_WORKER_PROCESSES} for a run of services; 'faultline simulate' takes more`,
    );
}

/** The site that the environment names, whose services then carry out the run. */
export function siteOf(environment: NodeJS.ProcessEnv): string | undefined {
  const site = environment['FAULTLINE_SITE'] || undefined;
  if (site === undefined) return undefined;
  if (!LAB_NAME.test(site))
    throw new BadInput(`FAULTLINE_SITE is '${site}', expected 1 to 40 letters a-z, digits and '-'`);
  if (!environment['NATS_URL'])
    throw new BadInput(
      `FAULTLINE_SITE is '${site}', but NATS_URL is not set: expected the server the site is on`,
    );
  return site;
}

/** A run is not worth less for a page that could not be written: that is said, and `faultline report` writes it later. */
async function pageOf(folder: RunFolder, flags: RunFlags, terminal: Terminal): Promise<string | null> {
  try {
    return await writeReport(folder, flags.runs);
  } catch (error) {
    terminal.err('faultline: the report of the run was not written:\n');
    new ErrorReporter(terminal, flags.debug === true).report(error);
    return null;
  }
}

function reportOf(result: SessionResult, { resolved }: CheckedScenario, folder: RunFolder): RunReport {
  const { summary, end, drained, durability, deadLetters, repairedQueues, hostUse } = result;
  if (!isRunSummary(summary))
    throw new RunFailed(
      `the event log's answer is no summary of a run; its own log is ${folder.instanceLog('event-log')}`,
    );
  return {
    run: folder.id,
    scenario: resolved.name,
    profile: resolved.profile,
    timeScale: resolved.timeScale,
    end,
    drained,
    durability,
    deadLetters,
    repairedQueues,
    directory: folder.path,
    ...(hostUse ? { hostUse } : {}),
    summary,
  };
}
