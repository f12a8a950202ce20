import { randomBytes } from 'node:crypto';
import { readProvisioning } from '@faultline/runtime';
import { BadInput, Exit, Interrupted } from '../errors';
import { openInBrowser } from '../open-in-browser';
import { consolePlace } from '../run/console-place';
import { Interruption } from '../run/interruption';
import { refuseCrowd, type SystemSize } from '../run/plan';
import { checkScenario } from '../scenario/preflight';
import { StandingSystem } from '../standing/standing-system';
import { SystemFolder } from '../standing/system-folder';
import type { Terminal } from '../terminal';

export interface UpFlags {
  runs: string;
  http?: string;
  open?: boolean;
  workers?: number;
  iommus?: number;
  mmHandlers?: number;
  deviceEmulators?: number;
  debug?: boolean;
}

/** Without a scenario that says more, one of each. */
const SMALLEST: SystemSize = {
  workers: { processes: 1 },
  replicas: { deviceEmulators: 1, iommus: 1, mmHandlers: 1 },
};

/** Starts a NATS server and the services, with the console, and lets them stand for whatever is run until it is interrupted. */
export async function up(
  scenario: string | undefined,
  flags: UpFlags,
  terminal: Terminal,
  environment: NodeJS.ProcessEnv,
): Promise<Exit> {
  if (environment['FAULTLINE_SITE'])
    throw new BadInput(
      `FAULTLINE_SITE is '${environment['FAULTLINE_SITE']}', whose services stand already: unset it to have a system here`,
    );
  // What runs will be told by the same environment is found out now.
  readProvisioning(environment);
  const size = await sizeOf(scenario, flags);
  const folder = new SystemFolder(flags.runs);
  await folder.claim();
  const http = flags.http ?? environment['FAULTLINE_HTTP'];
  const console = await consolePlace({ ...environment, FAULTLINE_HTTP: http }).catch((error: unknown) => {
    folder.remove(false);
    throw error;
  });
  const system = new StandingSystem({
    ...{ folder, runs: flags.runs, size, console, environment },
    site: `up-${randomBytes(4).toString('hex')}`,
    logLevel: environment['LOG_LEVEL'] || (flags.debug ? 'debug' : 'info'),
    tell: (line) => terminal.err(`${line}\n`),
  });
  const interruption = new Interruption(system.kill, () =>
    terminal.err('stopping; Ctrl-C again ends everything at once\n'),
  );
  try {
    const stopped = interruption.requested.then(() => Promise.reject(new Interrupted()));
    await Promise.race([system.start(), stopped]);
    terminal.out(console.url);
    terminal.err('that is the console; run scenarios in another terminal, and Ctrl-C here to end it all\n');
    if (flags.open) openInBrowser(`${console.url}/#/live`, terminal, environment);
    await system.until(interruption.requested);
    return Exit.OK;
  } finally {
    const late = await system.stop();
    if (late.length > 0) terminal.err(`did not stop in time: ${late.join(', ')}\n`);
    interruption.close();
  }
}

/** As many as the scenario asks for, unless an option says something else. */
async function sizeOf(scenario: string | undefined, flags: UpFlags): Promise<SystemSize> {
  const resolved = scenario === undefined ? undefined : (await checkScenario(scenario, [])).resolved;
  const { workers, replicas } = resolved ?? SMALLEST;
  const size = {
    workers: { processes: flags.workers ?? workers.processes },
    replicas: {
      deviceEmulators: flags.deviceEmulators ?? replicas.deviceEmulators,
      iommus: flags.iommus ?? replicas.iommus,
      mmHandlers: flags.mmHandlers ?? replicas.mmHandlers,
    },
  };
  refuseCrowd(size);
  return size;
}
