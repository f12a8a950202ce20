import type { AuditReport } from '@faultline/audit';
import { queuesOfScenario, type ResolvedScenario, subjectsOf } from '@faultline/contracts';
import type { LogMessage } from '@faultline/hosting';
import {
  connectNats,
  jetStreamOf,
  type NatsLink,
  natsPorts,
  type NatsPorts,
  provision,
  type ProvisionOptions,
} from '@faultline/messaging';
import { settlesWithin } from '@faultline/runtime';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { freshLab } from '../../libs/messaging/src/testkit/server.testkit';
import { auditLog } from './audit-log';
import { complaintsAbout } from './complaints';
import type { PathPorts } from './kit-ports';
import { Laboratory } from './laboratory';
import { replayUnits } from './replay';

const RUN_MILLIS = 60_000;
const STOP_MILLIS = 20_000;

/** A letter as the dead-letter subject carries it. */
export interface BuriedLetter {
  from: string;
  unit: string;
  reason: string;
}

export type NatsLaboratoryOptions = Partial<Omit<ProvisionOptions, 'lab' | 'queues'>> & {
  /** Events of a unit from one snapshot to the next. */
  snapshotEvents?: number;
  /** Gives the ports of an instance another face, to have things go wrong on the way. */
  through?(ports: PathPorts, instance: string): PathPorts;
};

/** A laboratory whose services have a connection each, as their processes would, and a stranger with one of its own. */
export class NatsLaboratory {
  readonly letters: BuriedLetter[] = [];

  private constructor(
    readonly laboratory: Laboratory,
    /** The connection of somebody who is no part of the laboratory. */
    readonly stranger: { link: NatsLink; ports: NatsPorts },
    private readonly links: NatsLink[],
  ) {}

  static async open(
    server: { url: string | string[] },
    scenario: ResolvedScenario,
    { snapshotEvents, through = (ports) => ports, ...provisioning }: NatsLaboratoryOptions = {},
  ): Promise<NatsLaboratory> {
    const lab = freshLab();
    const workers = Array.from(
      { length: scenario.workers.processes },
      (_, index) => `iopf-worker-${index + 1}`,
    );
    const links: NatsLink[] = [];
    const ports = new Map<string, NatsPorts>();
    for (const instance of ['stranger', 'mm-handler', 'iommu', 'device-emulator', ...workers]) {
      const link = await connectNats({ url: server.url, name: instance });
      if (links.length === 0)
        await provision(await jetStreamOf(link), {
          lab,
          queues: queuesOfScenario(scenario),
          logMaxBytes: 64 * 1024 ** 2,
          ...provisioning,
        });
      links.push(link);
      ports.set(instance, await natsPorts(link, { lab }));
    }
    const [link] = links;
    const stranger = ports.get('stranger');
    if (!link || !stranger) throw new Error('nobody is connected');
    const laboratory = new Laboratory(
      lab,
      scenario,
      (instance) => through(ports.get(instance) ?? stranger, instance),
      snapshotEvents,
    );
    const opened = new NatsLaboratory(laboratory, { link, ports: stranger }, links);
    opened.collectLetters();
    await laboratory.start();
    return opened;
  }

  get subjects() {
    return subjectsOf(this.laboratory.lab);
  }

  /** Waits until so many accesses have ended. */
  async ended(count: number): Promise<void> {
    await eventually(
      `${count} accesses ended`,
      () => this.laboratory.advance() || this.laboratory.accesses.count >= count,
      RUN_MILLIS,
    );
  }

  /** Waits until the run is over and gives its log. */
  async finish(): Promise<LogMessage[]> {
    return this.readLog(await this.end());
  }

  /** Waits until the run is over and gives the sequence of its last message. */
  async end(): Promise<number> {
    const { laboratory } = this;
    const isOver = (): boolean => laboratory.advance();
    await eventually('the run is over', isOver, RUN_MILLIS).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${JSON.stringify(laboratory.progress())}`, { cause: error });
    });
    return laboratory.finish();
  }

  /** The audit of the log of a finished run, and everything that anybody has to say against the run. */
  judge(log: readonly LogMessage[]): { report: AuditReport; complaints: string[] } {
    const { laboratory } = this;
    const report = auditLog(log, laboratory.scenario);
    const replayed = replayUnits(laboratory, log);
    return { report, complaints: complaintsAbout({ laboratory, report, replayed }) };
  }

  /** What has failed cannot always settle what it has in flight; the test then says why. Rejects when the rest does not settle it. */
  async close(): Promise<void> {
    const { laboratory, links } = this;
    const stopping = laboratory.failures.length > 0 ? Promise.resolve() : laboratory.stop();
    const hasStopped = await settlesWithin(stopping, STOP_MILLIS);
    const progress = JSON.stringify(laboratory.progress());
    if (!hasStopped) laboratory.kill();
    await Promise.all(links.map((link) => link.close()));
    if (hasStopped) return stopping;
    throw new Error(`the laboratory did not stop within ${STOP_MILLIS / 1000} s: ${progress}`);
  }

  private async readLog(last: number): Promise<LogMessage[]> {
    const log: LogMessage[] = [];
    const following = await this.stranger.ports.log.follow({
      subject: this.subjects.allLog,
      fromSequence: 1,
      onMessage: (message) => log.push({ ...message, body: message.body.slice() }),
      onError: (error) => this.laboratory.failures.push(error),
    });
    await eventually('the whole log', () => log.at(-1)?.sequence === last, RUN_MILLIS);
    await following.stop();
    return log;
  }

  private collectLetters(): void {
    const { nc } = this.stranger.link;
    nc.subscribe(this.subjects.allDead, {
      callback: (_error, { headers }) => {
        const field = (name: string): string => headers?.get(name) ?? '';
        this.letters.push({ from: field('Fl-From'), unit: field('Fl-Unit'), reason: field('Fl-Reason') });
      },
    });
  }
}
