import { devNull } from 'node:os';
import { dirname } from 'node:path';
import { settlesWithin } from '@faultline/runtime';
import { Exit, RunFailed } from '../errors';
import { openInBrowser } from '../open-in-browser';
import { Guard } from '../run/guard';
import { Interruption } from '../run/interruption';
import { entryPoint } from '../run/plan';
import { findRun } from '../run/run-folder';
import { ServiceProcess } from '../run/service-process';
import type { Terminal } from '../terminal';

export interface ConsoleFlags {
  runs: string;
  open?: boolean;
}

/** Any free port of this machine, unless the environment says where. */
const ADDRESS = '0';
/** How long the door may take to open, and how often it is looked for. */
const OPEN_MILLIS = 30_000;
const LOOK_MILLIS = 50;
const STOP_MILLIS = 5_000;

/** Shows a run that is over in the browser, from the files that it left, until it is interrupted. */
export async function showConsole(
  reference: string,
  flags: ConsoleFlags,
  terminal: Terminal,
  environment: NodeJS.ProcessEnv,
): Promise<Exit> {
  const folder = findRun(flags.runs, reference);
  const script = entryPoint('event-log', 'browse.js');
  const guard = new Guard();
  const told = {
    ...{ FAULTLINE_HTTP: environment['FAULTLINE_HTTP'] || ADDRESS, FAULTLINE_RUNS_DIR: dirname(folder.path) },
    ...{
      FAULTLINE_RUN_DIR: undefined,
      FAULTLINE_SITE: undefined,
      NATS_URL: undefined,
      FAULTLINE_LAB: undefined,
      LOG_LEVEL: 'info',
    },
  };
  const door = new ServiceProcess(
    { instance: 'console', script, environment: { ...environment, ...told }, logFile: devNull },
    guard,
  );
  const interruption = new Interruption(
    () => door.kill(),
    () => undefined,
  );
  try {
    const url = await openedAt(door, interruption);
    if (url !== undefined) {
      const address = `${url}/#/faults?run=${encodeURIComponent(folder.id)}`;
      terminal.out(address);
      terminal.err('Ctrl-C ends the console\n');
      if (flags.open) openInBrowser(address, terminal, environment);
      await Promise.race([interruption.requested, door.ended]);
    }
    if (!interruption.isRequested) throw ended(door, 'the console has ended');
    await door.stop(STOP_MILLIS);
    return Exit.OK;
  } finally {
    door.kill();
    interruption.close();
    guard.close();
  }
}

/** Where the door is, as its log says; undefined when somebody does not want to know any more. Rejects when it does not open. */
async function openedAt(door: ServiceProcess, interruption: Interruption): Promise<string | undefined> {
  const deadline = performance.now() + OPEN_MILLIS;
  while (!interruption.isRequested) {
    const url = /"url":"(http:[^"]+)"/.exec(door.lastLines.join('\n'))?.[1];
    if (url !== undefined) return url;
    if ((await settlesWithin(door.ended, LOOK_MILLIS)) || performance.now() > deadline)
      throw ended(door, 'the console could not be opened');
  }
  return undefined;
}

const ended = (door: ServiceProcess, what: string): RunFailed =>
  new RunFailed(`${what}; its last words are below`, { details: door.lastLines });
