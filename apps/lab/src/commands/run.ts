import { writeFormat } from '@faultline/contracts';
import { readProvisioning, readTracing } from '@faultline/runtime';
import { ErrorReporter } from '../error-reporter';
import { Exit } from '../errors';
import { reportLines, type RunReport } from '../print/run-report';
import { openInBrowser } from '../open-in-browser';
import { styleFor } from '../print/style';
import { writeOrigin } from '../report/origin';
import { writeReport } from '../report/write-report';
import type { ConsolePlace } from '../run/console-place';
import { runReport } from '../run/finished-run';
import { refuseCrowd } from '../run/plan';
import { newRunId, RunFolder } from '../run/run-folder';
import { chooseServices, systemLines, watchSystem } from '../run/services';
import { RunSession, type SessionResult } from '../run/session';
import { checkScenario } from '../scenario/preflight';
import type { Terminal } from '../terminal';

export interface RunFlags {
  runs: string;
  set?: string[];
  keep?: boolean;
  open?: boolean;
  up?: boolean;
  json?: boolean;
  debug?: boolean;
}

/** Runs a scenario and prints what came out. Nothing is started before all of the input was found to be good. */
export async function run(
  file: string,
  flags: RunFlags,
  terminal: Terminal,
  surroundings: NodeJS.ProcessEnv,
): Promise<Exit> {
  const settings = flags.set ?? [];
  const { text, resolved: scenario } = await checkScenario(file, settings);
  refuseCrowd(scenario);
  const services = await chooseServices(flags, surroundings);
  const { environment, site, system, console } = services;
  const provisioning = readProvisioning(environment);
  // The services read it; here it is only seen to be good.
  readTracing(environment);
  writeFormat(provisioning.format);
  const folder = RunFolder.create(flags.runs, newRunId(new Date(), Math.random));
  folder.writeScenario(text, scenario);
  writeOrigin(folder, { scenarioFile: file, settings });
  const logLevel = environment['LOG_LEVEL'] || (flags.debug ? 'debug' : 'info');
  for (const line of system ? systemLines(system, scenario) : []) terminal.err(`${line}\n`);
  let told: Promise<RunReport> | undefined;
  const tell = (result: SessionResult): Promise<RunReport> =>
    (told ??= tellReport(runReport(result, scenario, folder), folder, flags, terminal));
  const session = new RunSession({
    ...{ scenario, folder, terminal, environment, provisioning, logLevel, site, console },
    ...(console
      ? {
          onOver: async (result) => {
            await tell(result);
            showLive(console, terminal, environment);
          },
        }
      : {}),
  });
  const unwatch = system && watchSystem(flags.runs, (error) => session.fail(error));
  const report = await tell(await session.run().finally(unwatch));
  if (system && flags.open)
    openInBrowser(`${system.console}/#/faults?run=${report.run}`, terminal, environment);
  const { clean } = report.summary.audit;
  // What failed is looked into, so its store stays.
  if (clean && !flags.keep) folder.removeNatsStore();
  if (report.end === 'stopped') return Exit.INTERRUPTED;
  return clean ? Exit.OK : Exit.FAILED;
}

/** Keeps what came out, and prints it. */
async function tellReport(
  report: RunReport,
  folder: RunFolder,
  flags: RunFlags,
  terminal: Terminal,
): Promise<RunReport> {
  folder.writeSummary(report);
  const page = await pageOf(folder, flags, terminal);
  if (flags.json) terminal.out(JSON.stringify(report, null, 2));
  else terminal.out(reportLines(report, page, styleFor(terminal.colour), terminal.columns).join('\n'));
  return report;
}

function showLive({ url }: ConsolePlace, terminal: Terminal, environment: NodeJS.ProcessEnv): void {
  const address = `${url}/#/live`;
  terminal.err(`\nthe services of this run stay, with its console at ${address}; Ctrl-C ends them\n`);
  openInBrowser(address, terminal, environment);
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
