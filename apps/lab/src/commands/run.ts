import { writeFormat } from '@faultline/contracts';
import { readProvisioning, readTracing } from '@faultline/runtime';
import { ErrorReporter } from '../error-reporter';
import { Exit } from '../errors';
import { reportLines } from '../print/run-report';
import { styleFor } from '../print/style';
import { writeOrigin } from '../report/origin';
import { writeReport } from '../report/write-report';
import { runReport } from '../run/finished-run';
import { refuseCrowd } from '../run/plan';
import { newRunId, RunFolder } from '../run/run-folder';
import { RunSession } from '../run/session';
import { siteOf } from '../run/site';
import { checkScenario } from '../scenario/preflight';
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
  // The services read it; here it is only seen to be good.
  readTracing(environment);
  writeFormat(provisioning.format);
  const folder = RunFolder.create(flags.runs, newRunId(new Date(), Math.random));
  folder.writeScenario(checked.text, checked.resolved);
  writeOrigin(folder, { scenarioFile: file, settings });
  const logLevel = environment['LOG_LEVEL'] || (flags.debug ? 'debug' : 'info');
  const scenario = checked.resolved;
  const session = new RunSession({ scenario, folder, terminal, environment, provisioning, logLevel, site });
  const report = runReport(await session.run(), scenario, folder);
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
