import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type ServiceName, services } from '@faultline/contracts';
import { PATIENCE_MILLIS, REPOSITORY } from './command-line';

export interface StandingServicesOptions {
  natsUrl: string;
  site: string;
  /** Where the runs of the site are kept. */
  runs: string;
  environment?: NodeJS.ProcessEnv;
}

/** One process of each service, standing at a site, each with a door on a free port of this machine. */
export class StandingServices {
  private constructor(
    private readonly children: readonly ChildProcess[],
    /** Where each answers over HTTP. */
    readonly urls: Readonly<Record<ServiceName, string>>,
  ) {}

  /** Resolves when all doors are open. Rejects with what a process said that ended before. */
  static async start(options: StandingServicesOptions): Promise<StandingServices> {
    const children: ChildProcess[] = [];
    try {
      const urls = await Promise.all(
        services.map(async (service) => {
          const child = spawnService(service, options);
          children.push(child);
          return [service, await doorOf(service, child)] as const;
        }),
      );
      return new StandingServices(children, Object.fromEntries(urls) as Record<ServiceName, string>);
    } catch (error) {
      for (const child of children) child.kill('SIGKILL');
      throw error;
    }
  }

  async stop(): Promise<void> {
    const ended = this.children.map(
      (child) =>
        new Promise((resolve) => (child.exitCode === null ? child.once('close', resolve) : resolve(0))),
    );
    for (const child of this.children) child.kill('SIGTERM');
    await Promise.all(ended);
  }
}

function spawnService(service: ServiceName, { natsUrl, site, runs, environment }: StandingServicesOptions) {
  return spawn(process.execPath, [join(REPOSITORY, `dist/apps/${service}/src/main.js`)], {
    env: {
      ...process.env,
      ...{ NATS_URL: natsUrl, FAULTLINE_SITE: site, FAULTLINE_RUNS_DIR: runs },
      ...{ FAULTLINE_INSTANCE: service, FAULTLINE_HTTP: '127.0.0.1:0', LOG_LEVEL: 'info' },
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Its log says where the door is. */
function doorOf(service: ServiceName, child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    const fail = (why: string): void => reject(new Error(`${service} ${why}:\n${said.join('\n')}`));
    const late = setTimeout(() => fail('opened no door'), PATIENCE_MILLIS);
    child.once('close', () => fail('ended'));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => said.push(text));
    if (child.stdout)
      createInterface(child.stdout).on('line', (line) => {
        said.push(line);
        const { msg, url } = JSON.parse(line) as { msg: string; url?: string };
        if (msg !== 'door open' || url === undefined) return;
        clearTimeout(late);
        resolve(url);
      });
  });
}
