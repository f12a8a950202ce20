import { type Command, Option } from 'commander';
import { RUNS_DIRECTORY } from '../run/runs-directory';

/** Where runs are kept. A container has them on a volume, and says so to all its commands. */
export const runsOption = (environment: NodeJS.ProcessEnv): Option =>
  new Option('--runs <dir>', 'where runs are kept').default(
    environment['FAULTLINE_RUNS_DIR'] || RUNS_DIRECTORY,
    `FAULTLINE_RUNS_DIR, else '${RUNS_DIRECTORY}'`,
  );

/** Options of every command. */
export function common(command: Command): Command {
  return command.option('--debug', 'show stack traces');
}

/** Options of every command that carries a scenario out. */
export function onScenario(command: Command): Command {
  return common(command)
    .argument('<scenario>', 'scenario file (YAML)')
    .option(
      '--set <key=value>',
      'change a setting, with dots for what is inside: workers.processes=4, devices.0.credits=8; may be repeated',
      (value: string, before: string[] = []) => [...before, value],
    );
}

/** Options of every command that looks at a run. */
export function onRun(command: Command, environment: NodeJS.ProcessEnv): Command {
  return common(command)
    .argument('<run>', "a run: an id, a path, or 'latest'")
    .addOption(runsOption(environment));
}

/** Options of every command that looks after a server. */
export function onServer(command: Command): Command {
  return common(command).option(
    '--nats <url>',
    'NATS server, or servers with commas between them (default: NATS_URL, else nats://127.0.0.1:4222)',
  );
}

/** Options of every command that looks after a laboratory on a server. */
export function onLab(command: Command): Command {
  return onServer(command).option(
    '--lab <name>',
    "the laboratory, run-ID for that of a run (default: FAULTLINE_LAB, else 'lab')",
  );
}
