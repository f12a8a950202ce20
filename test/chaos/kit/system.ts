import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResolvedScenario, ServiceName } from '@faultline/contracts';
import { connectNats, jetStreamOf, type NatsLink, NatsServer } from '@faultline/messaging';
import type { JetStreamManager } from 'nats';
import { RunFailed } from '../../../apps/lab/src/errors';
import { Cable } from './cable';
import { Fleet } from './fleet';
import { type LabGround, LabRun, type Verdict } from './lab-run';

export interface SystemOptions {
  leaseMillis: number;
  /** How many processes of each service. */
  counts: Readonly<Record<ServiceName, number>>;
  /** Failpoints by instance. */
  failpoints?: Readonly<Record<string, readonly string[]>>;
  /** Instances between which and NATS there is a cable. */
  cables?: readonly string[];
  /** Hears what is done, as it is done. */
  onTell?(line: string): void;
}

/** A running system of real processes on a private NATS server, which serves one laboratory after the other. */
export class ChaosSystem implements LabGround {
  readonly site = 'chaos';
  private current: LabRun | undefined;
  private closing = false;

  private constructor(
    readonly directory: string,
    readonly options: SystemOptions,
    public server: NatsServer,
    readonly link: NatsLink,
    readonly jsm: JetStreamManager,
  ) {}

  tell(line: string): void {
    this.options.onTell?.(line);
  }

  readonly fleet: Fleet = new Fleet({
    directory: this.directory,
    natsUrl: this.server.url,
    site: this.site,
    leaseMillis: this.options.leaseMillis,
    counts: this.options.counts,
    tell: (line) => this.current?.tell(line),
    onDeath: (line) => this.closing || this.current?.fail(new RunFailed(line)),
  });

  static async start(options: SystemOptions): Promise<ChaosSystem> {
    const directory = await mkdtemp(join(tmpdir(), 'faultline-chaos-'));
    let server: NatsServer | undefined;
    try {
      server = await NatsServer.start({ storeDir: join(directory, 'nats') });
      const link = await connectNats({ url: server.url, name: 'chaos' });
      const system = new ChaosSystem(directory, options, server, link, await jetStreamOf(link));
      for (const instance of options.cables ?? [])
        system.fleet.member(instance).cable = await Cable.lay(server.port);
      for (const [instance, rules] of Object.entries(options.failpoints ?? {}))
        system.fleet.member(instance).arm(rules);
      system.fleet.start();
      return system;
    } catch (error) {
      await server?.stop();
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Runs a scenario to its end while `act` does what it does, and says what came of it. Rejects when there is no end. */
  async run(
    lab: string,
    scenario: ResolvedScenario,
    act: (run: LabRun) => Promise<void>,
    patienceMillis?: number,
  ): Promise<Verdict> {
    const run = new LabRun(this, lab, scenario, patienceMillis);
    this.current = run;
    let verdict: Verdict;
    try {
      verdict = await run.carryOut(act);
    } catch (error) {
      await this.leave(run);
      throw error;
    }
    const complaints = await this.leave(run);
    return { ...verdict, complaints: [...verdict.complaints, ...complaints] };
  }

  /** Ends what is still done to the processes, and then the laboratory. */
  private async leave(run: LabRun): Promise<string[]> {
    for (const member of this.fleet.members) {
      if (member.stopped) member.cont();
      member.cable?.heal();
    }
    const complaints = await run.close();
    for (const complaint of complaints) run.tell(complaint);
    this.current = undefined;
    return complaints;
  }

  /** The NATS server dies as in a crash, and starts again with what it has on disk. */
  async crashNats(): Promise<void> {
    const { port } = this.server;
    this.current?.tell('kill nats-server');
    await this.server.kill();
    this.server = await NatsServer.start({ storeDir: join(this.directory, 'nats'), port });
    this.current?.tell('start nats-server');
  }

  /**
   * Everything ends in order. Resolves with the processes that did not; their logs are then left to be read, and so they are with
   * FAULTLINE_CHAOS_KEEP=1.
   */
  async close(keep = Boolean(process.env['FAULTLINE_CHAOS_KEEP'])): Promise<string[]> {
    this.closing = true;
    const late = await this.fleet.leave();
    await this.link.close();
    for (const { cable } of this.fleet.members) await cable?.close();
    await this.server.stop();
    if (!keep && late.length === 0) await rm(this.directory, { recursive: true, force: true });
    return late;
  }
}
