import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceName } from '@faultline/contracts';
import { Guard } from '../../../apps/lab/src/run/guard';
import { entryPoint } from '../../../apps/lab/src/run/plan';
import { type Ended, ServiceProcess } from '../../../apps/lab/src/run/service-process';
import type { Cable } from './cable';

const GONE_MILLIS = 20_000;

export interface FleetOptions {
  /** Where runs and what processes print are kept. */
  directory: string;
  natsUrl: string;
  site: string;
  leaseMillis: number;
  /** How many processes of each service. */
  counts: Readonly<Record<ServiceName, number>>;
  /** Something happened to a process, in one line. */
  tell(line: string): void;
  /** A process ended by itself, and was not killed. */
  onDeath(line: string): void;
}

/** A process of a service that stands at the site, and the ones that come after it under its name. */
export class Member {
  private process!: ServiceProcess;
  private rules: string[] = [];
  private isStopped = false;
  private leaving = false;
  cable: Cable | undefined;

  constructor(
    private readonly fleet: FleetOptions,
    private readonly guard: Guard,
    readonly service: ServiceName,
    readonly instance: string,
    private readonly file = instance,
  ) {}

  get stopped(): boolean {
    return this.isStopped;
  }

  /** Tells the process that has this name now from those before and after it. Throws when it could not be started. */
  get pid(): number {
    const { pid } = this.process;
    if (pid === undefined) throw new Error(`${this.instance} could not be started`);
    return pid;
  }

  /** Failpoints for the next start. Each belongs to one laboratory, by its name in the rule, so that no other hears of it. */
  arm(rules: readonly string[]): void {
    this.rules = [...rules];
  }

  start(): void {
    const { directory, natsUrl, site, leaseMillis } = this.fleet;
    this.leaving = false;
    this.isStopped = false;
    const child = new ServiceProcess(
      {
        instance: this.instance,
        script: entryPoint(this.service),
        logFile: this.logFile,
        environment: {
          ...process.env,
          NATS_URL: this.cable?.url ?? natsUrl,
          FAULTLINE_LAB: undefined,
          FAULTLINE_SITE: site,
          FAULTLINE_INSTANCE: this.instance,
          FAULTLINE_RUNS_DIR: join(directory, 'runs'),
          FAULTLINE_LEASE_MILLIS: String(leaseMillis),
          FAULTLINE_FAILPOINTS: this.rules.length > 0 ? this.rules.join(';') : undefined,
          LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'info',
        },
      },
      this.guard,
    );
    this.process = child;
    void child.ended.then((ended) => child === this.process && this.hasEnded(ended));
  }

  get logFile(): string {
    return join(this.fleet.directory, `${this.file}.log`);
  }

  /** Whether it has said that this rule came true. */
  hasFired(rule: string): boolean {
    return this.hasSaid(`failpoint ${rule}\n`);
  }

  /** Whether this is anywhere in what it has printed. */
  hasSaid(words: string): boolean {
    return existsSync(this.logFile) && readFileSync(this.logFile, 'utf8').includes(words);
  }

  kill(): void {
    this.fleet.tell(`kill ${this.instance}`);
    this.process.kill();
  }

  /** Stands still from now on, wherever it is. */
  stop(): void {
    this.fleet.tell(`stop ${this.instance}`);
    this.isStopped = true;
    this.signal('SIGSTOP');
  }

  /** Goes on as if nothing had been. */
  cont(): void {
    this.fleet.tell(`cont ${this.instance}`);
    this.isStopped = false;
    this.signal('SIGCONT');
  }

  /** Ends in order, and starts again. */
  async restart(): Promise<void> {
    this.fleet.tell(`restart ${this.instance}`);
    await this.leave();
    this.start();
  }

  /** Ends in order. */
  async leave(): Promise<Ended> {
    this.leaving = true;
    // It may have stopped itself; whoever stands still hears of no other signal.
    this.signal('SIGCONT');
    this.isStopped = false;
    return this.process.stop(GONE_MILLIS);
  }

  private signal(signal: NodeJS.Signals): void {
    const { pid } = this.process;
    if (pid !== undefined && !this.process.over) process.kill(pid, signal);
  }

  /** Whoever runs services starts those again that were killed; one that ends by itself is a failure. */
  private hasEnded({ code, signal }: Ended): void {
    if (this.leaving) return;
    if (signal !== 'SIGKILL') {
      const words = this.process.lastLines.slice(-3).join(' | ');
      return this.fleet.onDeath(`${this.instance} ended (${signal ?? `exit status ${code}`}): ${words}`);
    }
    this.rules = this.rules.filter((rule) => !this.hasFired(rule));
    this.start();
    this.fleet.tell(`start ${this.instance}`);
  }
}

/** The processes of a site. */
export class Fleet {
  readonly members: readonly Member[];
  private readonly guard = new Guard();

  constructor(private readonly options: FleetOptions) {
    mkdirSync(join(options.directory, 'runs'), { recursive: true });
    this.members = (Object.entries(options.counts) as [ServiceName, number][]).flatMap(([service, count]) =>
      Array.from(
        { length: count },
        (_, index) => new Member(options, this.guard, service, `${service}-${index + 1}`),
      ),
    );
  }

  get counts(): FleetOptions['counts'] {
    return this.options.counts;
  }

  /** One more process under the name of another, not started yet. */
  twin({ service, instance }: Member): Member {
    return new Member(this.options, this.guard, service, instance, `${instance}-twin`);
  }

  start(): void {
    for (const member of this.members) member.start();
  }

  member(instance: string): Member {
    const found = this.members.find((each) => each.instance === instance);
    if (!found) throw new Error(`the fleet has no ${instance}`);
    return found;
  }

  /** The cable between a member and NATS. Throws where there is none: then nothing could be done to it. */
  cableOf(instance: string): Cable {
    const { cable } = this.member(instance);
    if (!cable) throw new Error(`there is no cable between ${instance} and NATS`);
    return cable;
  }

  /** Ends all in order; resolves with those that had to be killed or failed. */
  async leave(): Promise<string[]> {
    const ends = await Promise.all(
      this.members.map(async (each) => [each.instance, await each.leave()] as const),
    );
    this.guard.close();
    return ends
      .filter(([, { code }]) => code !== 0)
      .map(([instance, { code, signal }]) => `${instance} (${signal ?? `exit status ${code}`})`);
  }
}
