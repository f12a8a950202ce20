import { Command, CommanderError, Option } from 'commander';
import type * as auditModule from './commands/audit';
import type * as compareModule from './commands/compare';
import type * as conformanceModule from './commands/conformance';
import type * as consoleModule from './commands/console';
import type * as deadModule from './commands/dead';
import type * as faultModule from './commands/fault';
import type * as faultsModule from './commands/faults';
import type * as labsModule from './commands/labs';
import type * as logModule from './commands/log';
import type * as rebuildModule from './commands/rebuild';
import type * as reportModule from './commands/report';
import type * as runModule from './commands/run';
import type * as simulateModule from './commands/simulate';
import type * as studyModule from './commands/study';
import type * as traceModule from './commands/trace-info';
import type * as versionModule from './commands/version';
import { Exit } from './errors';
import { ENVIRONMENT_HELP, example, EXIT_HELP, RUN_HELP } from './help';
import { lazily } from './lazy';
import { decimalNumber, wholeNumber } from './number-options';
import { RUNS_DIRECTORY } from './run/runs-directory';
import { STUDIES_DIRECTORY } from './study/directory';
import type { Terminal } from './terminal';

/** What a command may use of the world. */
export interface Surroundings {
  terminal: Terminal;
  environment: NodeJS.ProcessEnv;
  /** Says the exit status of a command that ran to its end. */
  done(exit: Exit): void;
}

/** Where runs are kept. A container has them on a volume, and says so to all its commands. */
const runsOption = (environment: NodeJS.ProcessEnv): Option =>
  new Option('--runs <dir>', 'where runs are kept').default(
    environment['FAULTLINE_RUNS_DIR'] || RUNS_DIRECTORY,
    `FAULTLINE_RUNS_DIR, else '${RUNS_DIRECTORY}'`,
  );

/** The most faults that one question gives. */
const MOST_FAULTS = 1_000;

/** The command line. Commands load what they need when they run, so that help and complaints come at once. */
export function createProgram(surroundings: Surroundings): Command {
  const program = new Command('faultline')
    .description(
      'A laboratory for the I/O page fault path: runs scenarios, audits and inspects what was recorded.',
    )
    .option('-V, --version', 'print the version')
    .on('option:version', () => {
      lazily<typeof versionModule>('./commands/version').version(surroundings.terminal);
      throw new CommanderError(Exit.OK, 'commander.version', '');
    })
    .showHelpAfterError("(run 'faultline --help' for what there is)")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => surroundings.terminal.out(text.trimEnd()),
      writeErr: (text) => surroundings.terminal.err(text),
      outputError: (text, write) => write(`faultline: ${text.replace(/^error: /, '')}`),
    })
    .addHelpText(
      'after',
      `${EXIT_HELP}${ENVIRONMENT_HELP}${example('faultline run examples/quickstart.yaml', 'faultline faults latest --slowest 10')}`,
    );
  addRun(program, surroundings);
  addSimulate(program, surroundings);
  addStudy(program, surroundings);
  addAudit(program, surroundings);
  addFault(program, surroundings);
  addFaults(program, surroundings);
  addLog(program, surroundings);
  addRebuild(program, surroundings);
  addReport(program, surroundings);
  addConsole(program, surroundings);
  addCompare(program, surroundings);
  addTrace(program, surroundings);
  addConformance(program, surroundings);
  addDead(program, surroundings);
  addLabs(program, surroundings);
  return program;
}

function addRun(program: Command, { terminal, environment, done }: Surroundings): void {
  onScenario(program.command('run'))
    .description(
      'Run a scenario through NATS and the five services, and print what came out. Exit status 1 when the run or its audit fails.',
    )
    .option('--keep', 'keep the store of the NATS server that the run started, in the folder of the run')
    .option('--json', 'print the summary as JSON')
    .addOption(runsOption(environment))
    .addHelpText(
      'after',
      example('faultline run examples/quickstart.yaml --set seed=7 --set workers.processes=4'),
    )
    .action(async (scenario: string, options: runModule.RunFlags) => {
      const { run } = lazily<typeof runModule>('./commands/run');
      done(await run(scenario, options, terminal, environment));
    });
}

function addSimulate(program: Command, { terminal, done }: Surroundings): void {
  onScenario(program.command('simulate'))
    .description(
      'Run a scenario on a virtual clock, in this process alone: the units and messages of the services, a simulated network, processes that die and freeze. The same seed gives the same log. Exit status 1 when the audit fails or a message was given up.',
    )
    .option(
      '--seed <number>',
      "of network and failures (default: the scenario's)",
      wholeNumber(0, 2 ** 32 - 1),
    )
    .option(
      '--hop-micros <number>',
      'from a process to the bus or back, in model microseconds (default: 0.1)',
      decimalNumber(0, 1e7),
    )
    .option('--loss <probability>', 'that a request or its reply is lost', decimalNumber(0, 0.5), 0)
    .option('--duplicate <probability>', 'that a request arrives twice', decimalNumber(0, 1), 0)
    .option('--failures <number>', 'processes that are killed or frozen', wholeNumber(0, 1e6), 0)
    .option(
      '--every-millis <number>',
      'mean model time from one failure to the next',
      decimalNumber(0.001, 1e9),
      5,
    )
    .option(
      '--lease-millis <number>',
      'model time after which a dead process is taken over (default: 30)',
      decimalNumber(1, 1e6),
    )
    .option('--json', 'print the result as JSON')
    .addHelpText('after', example('faultline simulate examples/quickstart.yaml --failures 5'))
    .action(async (scenario: string, options: simulateModule.SimulateFlags) => {
      const { simulate } = lazily<typeof simulateModule>('./commands/simulate');
      done(await simulate(scenario, options, terminal));
    });
}

function addStudy(program: Command, { terminal, environment, done }: Surroundings): void {
  common(program.command('study'))
    .argument(
      '[study]',
      'name of a study that comes with faultline, or a study file (YAML); without it: what there is',
    )
    .description(
      'Run a study: a scenario under many settings, several times each, in a random order, and write its report. Exit status 1 when a run or its audit fails, or when something that must hold does not or cannot be judged.',
    )
    .option(
      '--set <key=value>',
      'change a part of the study: repetitions=5, mode=live, settings.mm.shards=4; may be repeated',
      (value: string, before: string[] = []) => [...before, value],
    )
    .option(
      '--resume',
      'go on with the newest study of the same file, settings and version: make the runs that are missing or failed, and its report again',
    )
    .option(
      '--jobs <number>',
      'simulated runs side by side (default: the number of processors)',
      wholeNumber(1),
    )
    .option(
      '--compose',
      'make live runs on the deployment that `docker compose` finds from here, scaled to what each run says',
    )
    .addOption(
      new Option('--studies <dir>', 'where studies are kept').default(
        environment['FAULTLINE_STUDIES_DIR'] || STUDIES_DIRECTORY,
        `FAULTLINE_STUDIES_DIR, else '${STUDIES_DIRECTORY}'`,
      ),
    )
    .option('--json', 'print the data of the report as JSON')
    .addHelpText(
      'after',
      example(
        'faultline study',
        'faultline study overflow',
        'faultline study overflow --set repetitions=1',
        'faultline study overflow --set repetitions=1 --resume',
        'faultline study overflow --set mode=live --compose',
      ),
    )
    .action(async (study: string | undefined, options: studyModule.StudyFlags) => {
      const { study: carryOut } = lazily<typeof studyModule>('./commands/study');
      done(await carryOut(study, options, terminal, environment));
    });
}

function addAudit(program: Command, { terminal, environment, done }: Surroundings): void {
  onRun(program.command('audit'), environment)
    .description(
      'Check the record of a run against its hash chain, the heads that were published of it, and the invariants; exit status 1 when one does not hold.',
    )
    .option('--nats <url>', 'compare with the heads on this NATS server, not with those kept in heads.json')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', `\n${RUN_HELP}${example('faultline audit latest')}`)
    .action(async (run: string, options: auditModule.AuditFlags) => {
      done(await lazily<typeof auditModule>('./commands/audit').audit(run, options, terminal));
    });
}

function addFault(program: Command, { terminal, environment, done }: Surroundings): void {
  onRun(program.command('fault'), environment)
    .argument('<id>', "a fault's id, as `faults` prints it: segment.epoch.request")
    .description('Show the timeline of one fault: every event, who, when, how long.')
    .option('--json', 'print the fault and its events as JSON')
    .addHelpText('after', `\n${RUN_HELP}${example('faultline fault latest 0.1.42')}`)
    .action(async (run: string, id: string, options: faultModule.FaultFlags) => {
      done(await lazily<typeof faultModule>('./commands/fault').fault(run, id, options, terminal));
    });
}

function addFaults(program: Command, { terminal, environment, done }: Surroundings): void {
  onRun(program.command('faults'), environment)
    .description('List the faults of a run.')
    .option('--device <name>', 'only of this device (name or number)')
    .option('--pasid <number>', 'only with this PASID', wholeNumber())
    .option('--page <number>', 'only of this page (decimal or 0x...)', wholeNumber())
    .option('--code <code>', 'only with this answer: success, invalid, failure, ...')
    .option('--slowest <n>', 'the n slowest, slowest first', wholeNumber(1, MOST_FAULTS))
    .option('--limit <n>', 'at most so many', wholeNumber(1, MOST_FAULTS), 50)
    .option('--cursor <cursor>', 'go on where the list before ended')
    .option('--json', 'print JSON lines')
    .addHelpText('after', `\n${RUN_HELP}${example('faultline faults latest --device nic0 --slowest 10')}`)
    .action(async (run: string, options: faultsModule.FaultsFlags) => {
      done(await lazily<typeof faultsModule>('./commands/faults').faults(run, options, terminal));
    });
}

function addLog(program: Command, { terminal, environment, done }: Surroundings): void {
  onRun(program.command('log'), environment)
    .description('Print the events of a run in the order of the log.')
    .option('--json', 'print JSON lines, one for each event')
    .option('--cloudevents', 'print CloudEvents 1.0 as JSON lines, one for each event')
    .option('--from <seq>', 'first sequence', wholeNumber())
    .option('--to <seq>', 'last sequence', wholeNumber())
    .option(
      '--subject <prefix>',
      'only subjects that begin like this, without the laboratory: log.mm, log.iommu.0',
    )
    .option('--kind <kinds>', 'only events of these kinds, with commas between them', (text: string) =>
      text.split(','),
    )
    .addHelpText('after', `\n${RUN_HELP}${example('faultline log latest --subject log.iommu.0.hw --to 100')}`)
    .action(async (run: string, options: logModule.LogFlags) => {
      done(await lazily<typeof logModule>('./commands/log').log(run, options, terminal));
    });
}

function addRebuild(program: Command, { terminal, environment, done }: Surroundings): void {
  onRun(program.command('rebuild'), environment)
    .description(
      'Drop the tables that questions about a run are asked of, build them again from its record, and compare; exit status 1 when they were not the same.',
    )
    .option('--json', 'print the report as JSON')
    .addHelpText('after', `\n${RUN_HELP}${example('faultline rebuild latest')}`)
    .action(async (run: string, options: rebuildModule.RebuildFlags) => {
      done(await lazily<typeof rebuildModule>('./commands/rebuild').rebuild(run, options, terminal));
    });
}

function addReport(program: Command, { terminal, environment, done }: Surroundings): void {
  common(program.command('report'))
    .argument('[run]', "a run: an id, a path, or 'latest'", 'latest')
    .description(
      'Write the report of a run again: a page to open in a browser, and its numbers as JSON and CSV beside it.',
    )
    .option('--out <file>', "the page's file, *.html (default: report.html in the run's folder)")
    .addOption(runsOption(environment))
    .addHelpText('after', `\n${RUN_HELP}${example('faultline report latest --out report.html')}`)
    .action(async (run: string, options: reportModule.ReportFlags) => {
      done(await lazily<typeof reportModule>('./commands/report').report(run, options, terminal));
    });
}

function addConsole(program: Command, { terminal, environment, done }: Surroundings): void {
  common(program.command('console'))
    .argument('[run]', "a run: an id, a path, or 'latest'", 'latest')
    .description(
      'Show runs that are over in the browser: faults and their timelines, states at any moment, audit, reports. Prints the address, and serves it until Ctrl-C; FAULTLINE_HTTP says where, FAULTLINE_TOKEN who may look.',
    )
    .option('--open', 'open the address in the browser of this system')
    .addOption(runsOption(environment))
    .addHelpText('after', `\n${RUN_HELP}${example('faultline console latest --open')}`)
    .action(async (run: string, options: consoleModule.ConsoleFlags) => {
      const { showConsole } = lazily<typeof consoleModule>('./commands/console');
      done(await showConsole(run, options, terminal, environment));
    });
}

function addCompare(program: Command, { terminal, environment, done }: Surroundings): void {
  common(program.command('compare'))
    .argument('<run...>', "two or more runs: ids, paths, 'latest', 'latest~1'")
    .description(
      'Put runs side by side: what changed from the first to the others, and whether it exceeds noise. Runs of the same settings, machine and version are repetitions of each other; their seeds may differ.',
    )
    .option('--json', 'print every number as JSON')
    .addOption(runsOption(environment))
    .addHelpText('after', `\n${RUN_HELP}${example('faultline compare latest~1 latest')}`)
    .action(async (runs: string[], options: compareModule.CompareFlags) => {
      done(await lazily<typeof compareModule>('./commands/compare').compare(runs, options, terminal));
    });
}

function addTrace(program: Command, { terminal, done }: Surroundings): void {
  const trace = program.command('trace').description('Look at trace files.');
  common(trace.command('info'))
    .argument('<file>', 'trace file, plain or gzipped')
    .description('Check every line of a trace and say what is in it.')
    .option('--format <format>', 'auto, lackey, prq, perf or csv', 'auto')
    .option('--json', 'print JSON')
    .addHelpText('after', example('faultline trace info examples/traces/sort.trace.gz'))
    .action(async (file: string, options: traceModule.TraceFlags) => {
      done(await lazily<typeof traceModule>('./commands/trace-info').traceInfo(file, options, terminal));
    });
}

function addConformance(program: Command, { terminal, done }: Surroundings): void {
  common(program.command('conformance'))
    .argument('<file...>', 'conformance files, plain or gzipped JSON')
    .description(
      'Run conversations recorded from the real fault layer or a reference IOMMU, and compare every step; exit status 1 on any difference.',
    )
    .option('--profile <name>', 'whose choices the IOMMU makes: riscv (which was recorded), smmu, vtd or amd')
    .option('--vector <id>', 'only the vector with this id')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      example('faultline conformance test/conformance/iopf/*.json.gz test/conformance/pri/*.json.gz'),
    )
    .action(async (files: string[], options: conformanceModule.ConformanceFlags) => {
      const { conformance } = lazily<typeof conformanceModule>('./commands/conformance');
      done(await conformance(files, options, terminal));
    });
}

function addDead(program: Command, { terminal, environment, done }: Surroundings): void {
  const dead = program.command('dead').description('Look after messages that no service could use.');
  const load = (): typeof deadModule => lazily<typeof deadModule>('./commands/dead');
  onLab(dead.command('list'))
    .description('List the dead letters of a laboratory: when, who found it, where it came from, why.')
    .option('--json', 'print JSON lines')
    .addHelpText('after', example('faultline dead list --nats nats://127.0.0.1:4222 --lab lab'))
    .action(async (flags: deadModule.DeadFlags) => done(await load().deadList(flags, terminal, environment)));
  onLab(dead.command('show'))
    .argument('<letter>', "a letter's number, as `dead list` prints it", wholeNumber())
    .description('Show one dead letter: its reason, its bytes, and what of them can be read.')
    .option('--json', 'print JSON')
    .addHelpText('after', example('faultline dead show 3 --lab lab'))
    .action(async (letter: number, flags: deadModule.DeadFlags) =>
      done(await load().deadShow(letter, flags, terminal, environment)),
    );
  onLab(dead.command('replay'))
    .argument('<letter>', "a letter's number, as `dead list` prints it", wholeNumber())
    .description(
      'Put a dead letter back where it came from: a request goes to its lane again, work to a worker. What was answered meanwhile stays so. Exit status 1 when it was not put back.',
    )
    .option('--again', 'also when it was replayed before')
    .addHelpText('after', example('faultline dead replay 3 --lab lab'))
    .action(async (letter: number, flags: deadModule.ReplayFlags) =>
      done(await load().deadReplay(letter, flags, terminal, environment)),
    );
}

function addLabs(program: Command, { terminal, environment, done }: Surroundings): void {
  const labs = program.command('labs').description('Look after the laboratories on a NATS server.');
  const load = (): typeof labsModule => lazily<typeof labsModule>('./commands/labs');
  onServer(labs.command('list'))
    .description('List the laboratories on a server: streams, sizes, age, last activity, what made them.')
    .option('--json', 'print JSON lines')
    .addHelpText('after', example('faultline labs list --nats nats://127.0.0.1:4222'))
    .action(async (flags: labsModule.LabsFlags) => done(await load().labsList(flags, terminal, environment)));
  onServer(labs.command('remove'))
    .argument('<name>', 'its whole name')
    .description('Remove everything a laboratory keeps on a server, after saying what that is.')
    .option('--force', 'also when it is in use')
    .addHelpText('after', example('faultline labs remove run-20261123-013938-nac4'))
    .action(async (name: string, flags: labsModule.RemoveFlags) =>
      done(await load().labsRemove(name, flags, terminal, environment)),
    );
}

/** Options of every command that looks after a server. */
function onServer(command: Command): Command {
  return common(command).option(
    '--nats <url>',
    'NATS server, or servers with commas between them (default: NATS_URL, else nats://127.0.0.1:4222)',
  );
}

/** Options of every command that looks after a laboratory on a server. */
function onLab(command: Command): Command {
  return onServer(command).option(
    '--lab <name>',
    "the laboratory, run-ID for that of a run (default: FAULTLINE_LAB, else 'lab')",
  );
}

/** Options of every command. */
function common(command: Command): Command {
  return command.option('--debug', 'show stack traces');
}

/** Options of every command that carries a scenario out. */
function onScenario(command: Command): Command {
  return common(command)
    .argument('<scenario>', 'scenario file (YAML)')
    .option(
      '--set <key=value>',
      'change a setting, with dots for what is inside: workers.processes=4, devices.0.credits=8; may be repeated',
      (value: string, before: string[] = []) => [...before, value],
    );
}

/** Options of every command that looks at a run. */
function onRun(command: Command, environment: NodeJS.ProcessEnv): Command {
  return common(command)
    .argument('<run>', "a run: an id, a path, or 'latest'")
    .addOption(runsOption(environment));
}
