import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { NatsServer } from '@faultline/messaging';
import { Interrupted, RunFailed } from '../errors';
import type { ConsolePlace } from '../run/console-place';
import { Lifeline } from '../run/lifeline';
import { doorOf, FAILED_STOP_MILLIS, STOP_MILLIS, STOP_ORDER } from '../run/own-crew';
import { entryPoint, planInstances, type PlannedInstance, processCounts, type SystemSize } from '../run/plan';
import { Supervisor } from '../run/supervisor';
import type { StandingNote, SystemFolder } from './system-folder';

/** How long services may take to stand, on a small and busy machine, and how often that is looked for. */
const STAND_MILLIS = 90_000;
const LOOK_MILLIS = 50;

export interface StandingSystemOptions {
  folder: SystemFolder;
  /** Where the runs are kept. */
  runs: string;
  /** Name of the site; no other on the server may have it. */
  site: string;
  /** How many processes of each service, as a scenario says it. */
  size: SystemSize;
  console: ConsolePlace;
  environment: NodeJS.ProcessEnv;
  logLevel: string;
  /** Says a line to the user. */
  tell(line: string): void;
}

/** A NATS server, unless there is one, and services that stand at a site on it, for one run after the other. */
export class StandingSystem {
  private readonly lifeline = new Lifeline();
  private readonly supervisor: Supervisor;
  private starting: Promise<NatsServer> | undefined;
  private stopping = false;

  constructor(private readonly options: StandingSystemOptions) {
    this.supervisor = new Supervisor(
      (error) => this.lifeline.fail(error),
      (line) => options.tell(line),
    );
  }

  /** Resolves when everything stands. Rejects with what went wrong; {@link stop} has to follow in any case. */
  async start(): Promise<StandingNote> {
    const { folder, tell, size, site, console } = this.options;
    const planned = planInstances(size);
    const scripts = planned.map(({ service }) => entryPoint(service));
    const natsUrl = await this.findServer();
    // Whoever had enough of it meanwhile does not want the rest.
    if (this.stopping) throw new Interrupted();
    for (const [place, each] of planned.entries()) this.startService(each, scripts[place] ?? '', natsUrl);
    tell(`services: ${planned.map(({ instance }) => instance).join(', ')}`);
    await this.allStand(planned.map(({ instance }) => instance));
    const note = { site, natsUrl, console: console.url, counts: processCounts(size) };
    folder.announce(note);
    return note;
  }

  /** Resolves when the promise does; rejects with what went wrong with the system meanwhile. */
  until(promise: Promise<void>): Promise<void> {
    return this.lifeline.race(promise);
  }

  /** Ends everything, services first. Names those that had to be killed. */
  async stop(): Promise<string[]> {
    this.stopping = true;
    const { folder } = this.options;
    const failed = this.lifeline.failure !== undefined;
    folder.withdraw();
    const late = await this.supervisor.stopAll(failed ? FAILED_STOP_MILLIS : STOP_MILLIS, STOP_ORDER);
    const server = await this.starting?.catch(() => undefined);
    if (server) {
      await server.stop();
      this.supervisor.forgetGroup(server.pid);
    }
    this.supervisor.close();
    folder.remove(failed);
    return late;
  }

  /** Ends everything at once, without waiting. */
  readonly kill = (): void => {
    this.supervisor.killAll();
    this.options.folder.withdraw();
  };

  private async findServer(): Promise<string> {
    const { environment, tell } = this.options;
    const given = environment['NATS_URL'];
    if (given) {
      tell('using the NATS server at NATS_URL');
      return given;
    }
    this.starting = this.startServer();
    const { url, version } = await this.starting;
    tell(`nats-server ${version} on ${url}`);
    return url;
  }

  private async startServer(): Promise<NatsServer> {
    const server = await NatsServer.start({ storeDir: this.options.folder.natsStore });
    this.supervisor.watchGroup(server.pid);
    void server.exited.then(({ signal, code, lastLines }) => {
      const how = signal ?? `exit status ${code ?? 'unknown'}`;
      if (!this.stopping)
        this.lifeline.fail(new RunFailed(`nats-server ended (${how})`, { details: lastLines }));
    });
    return server;
  }

  private startService({ service, instance }: PlannedInstance, script: string, natsUrl: string): void {
    const { folder, environment, site, runs, console, logLevel } = this.options;
    this.supervisor.start({
      instance,
      script,
      logFile: folder.instanceLog(instance),
      environment: {
        ...environment,
        ...{
          NATS_URL: natsUrl,
          FAULTLINE_SITE: site,
          FAULTLINE_LAB: undefined,
          FAULTLINE_INSTANCE: instance,
        },
        ...{ FAULTLINE_RUNS_DIR: resolve(runs), FAULTLINE_RUN_DIR: undefined },
        FAULTLINE_HEARTBEAT_FILE: folder.heartbeat(instance),
        FAULTLINE_HTTP: doorOf(service, environment['FAULTLINE_HTTP'], console),
        LOG_LEVEL: logLevel,
      },
    });
  }

  private async allStand(instances: readonly string[]): Promise<void> {
    const { folder } = this.options;
    const missing = (): string[] => instances.filter((each) => !existsSync(folder.heartbeat(each)));
    const deadline = performance.now() + STAND_MILLIS;
    while (missing().length > 0) {
      if (performance.now() > deadline)
        this.lifeline.fail(
          new RunFailed(
            `not standing within ${STAND_MILLIS / 1000} s: ${missing().join(', ')}; their logs are in ${folder.logs}`,
          ),
        );
      await this.lifeline.pause(LOOK_MILLIS);
    }
  }
}
