import { type Command, Option } from 'commander';
import type * as runModule from '../commands/run';
import type * as simulateModule from '../commands/simulate';
import type * as studyModule from '../commands/study';
import type * as upModule from '../commands/up';
import { example } from '../help';
import { lazily } from '../lazy';
import { decimalNumber, wholeNumber } from '../number-options';
import { STUDIES_DIRECTORY } from '../study/directory';
import { common, onScenario, runsOption } from './options';
import type { Surroundings } from './surroundings';

export function addRun(program: Command, { terminal, environment, done }: Surroundings): void {
  onScenario(program.command('run'))
    .description(
      'Run a scenario through NATS and the five services, and print what came out. Exit status 1 when the run or its audit fails.',
    )
    .option('--keep', 'keep the store of the NATS server that the run started, in the folder of the run')
    .option(
      '--open',
      'show the run in the browser when it is over; the services stay until Ctrl-C, so that what they say can be seen',
    )
    .option('--no-up', 'start services for this run, also where `faultline up` has some')
    .option('--json', 'print the summary as JSON')
    .addOption(runsOption(environment))
    .addHelpText(
      'after',
      example(
        'faultline run examples/quickstart.yaml --set seed=7 --set workers.processes=4',
        'faultline run examples/small.yaml --open',
      ),
    )
    .action(async (scenario: string, options: runModule.RunFlags) => {
      const { run } = lazily<typeof runModule>('./commands/run');
      done(await run(scenario, options, terminal, environment));
    });
}

export function addSimulate(program: Command, { terminal, done }: Surroundings): void {
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

export function addStudy(program: Command, { terminal, environment, done }: Surroundings): void {
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

const replicasOption = (flag: string, what: string): [string, string, (text: string) => number] => [
  `--${flag} <number>`,
  `processes of ${what} (default: as the scenario says, else 1)`,
  wholeNumber(1, 64),
];

export function addUp(program: Command, { terminal, environment, done }: Surroundings): void {
  common(program.command('up'))
    .argument('[scenario]', 'scenario file (YAML) that says how many processes of each service there are')
    .description(
      'Start a NATS server, unless NATS_URL names one, and the services, with the console in the browser, and let them stand until Ctrl-C. What `faultline run` is started with the same runs directory meanwhile is carried out by them.',
    )
    .option(
      '--http <address>',
      'where the console is, as [host:]port (default: FAULTLINE_HTTP, else any free port)',
    )
    .option('--open', 'open the console in the browser of this system')
    .option(...replicasOption('workers', 'iopf-worker'))
    .option(...replicasOption('iommus', 'iommu'))
    .option(...replicasOption('mm-handlers', 'mm-handler'))
    .option(...replicasOption('device-emulators', 'device-emulator'))
    .addOption(runsOption(environment))
    .addHelpText(
      'after',
      example('faultline up --open', 'faultline up examples/quickstart.yaml --workers 4 --http 8080'),
    )
    .action(async (scenario: string | undefined, options: upModule.UpFlags) => {
      const { up } = lazily<typeof upModule>('./commands/up');
      done(await up(scenario, options, terminal, environment));
    });
}
