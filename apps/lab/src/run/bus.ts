import { writeFile } from 'node:fs/promises';
import type { ChainHead } from '@faultline/audit';
import {
  headsBucket,
  type LabEvent,
  labSchema,
  refuseNewer,
  SITES_BUCKET,
  type Subjects,
  subjectsOf,
} from '@faultline/contracts';
import {
  type Appended,
  AppendRefused,
  appendSurely,
  type KvPort,
  type LogAppend,
  LogUnavailable,
} from '@faultline/hosting';
import {
  connectNats,
  describeDurability,
  jetStreamOf,
  openKv,
  provisionKv,
  type NatsLink,
  NatsLog,
  NatsServer,
  provision,
  removeLab,
  SystemClock,
} from '@faultline/messaging';
import type { ProvisioningConfig } from '@faultline/runtime';
import { BadInput, RunFailed } from '../errors';
import { publishedHeads } from './published-heads';
import type { RunFolder } from './run-folder';

export interface BusOptions {
  lab: string;
  folder: RunFolder;
  queues: readonly string[];
  /** Copies and deadlines of what is made. */
  provisioning: ProvisioningConfig;
  /** A server that runs already; absent to start a private one. */
  url: string | undefined;
  /** The server is gone, or did not come back in time. */
  onLost(error: RunFailed): void;
}

/** How long a server of somebody else may be away. */
const OUTAGE_MILLIS = 30_000;

/** The NATS server of a run, with the laboratory's streams on it. */
export class Bus {
  readonly subjects: Subjects;
  private readonly clock = new SystemClock();
  private outage: NodeJS.Timeout | undefined;
  private closing = false;
  /** Why the laboratory is not this run's: nothing may be written to it, and nothing removed. */
  private refusal: Error | undefined;
  private link: NatsLink | undefined;
  private log: NatsLog | undefined;
  private appended = 0;

  private constructor(
    private readonly options: BusOptions,
    readonly servers: string[],
    /** The private server, when this run started one. */
    readonly server: NatsServer | undefined,
  ) {
    this.subjects = subjectsOf(options.lab);
    void server?.exited.then((exit) => {
      const how = exit.signal ?? `exit status ${exit.code ?? 'unknown'}`;
      this.lost(
        new RunFailed(`nats-server ended in the middle of the run (${how})`, { details: exit.lastLines }),
      );
    });
  }

  /** Starts or finds the server. {@link Bus.connect} and {@link Bus.prepare} must follow. */
  static async open(options: BusOptions): Promise<Bus> {
    if (options.url !== undefined)
      return new Bus(
        options,
        options.url.split(',').map((each) => each.trim()),
        undefined,
      );
    const server = await NatsServer.start({ storeDir: options.folder.natsStore });
    return new Bus(options, [server.url], server);
  }

  /** Connects, and makes nothing yet. */
  async connect(): Promise<void> {
    this.link = await connectNats({
      url: this.servers,
      name: `faultline lab ${this.options.lab}`,
      onStatus: (status) => this.onStatus(status),
    });
  }

  /** Makes the laboratory's streams and consumers. */
  async prepare(): Promise<void> {
    const { lab, queues, provisioning } = this.options;
    const link = this.connected();
    await provision(await jetStreamOf(link), { lab, queues, ...provisioning });
    this.log = new NatsLog(link, { lab });
  }

  /** The bucket that says which laboratory each site of the server serves. */
  async sites(): Promise<KvPort> {
    const link = this.connected();
    const { replicas } = this.options.provisioning;
    await provisionKv(await jetStreamOf(link), SITES_BUCKET, { replicas });
    return openKv(link, SITES_BUCKET);
  }

  /** When an acknowledged append survives a power cut. */
  get durability(): string {
    const { replicas } = this.options.provisioning;
    return describeDurability({ version: this.version, replicas, own: this.server?.durability });
  }

  get version(): string {
    return this.server?.version ?? this.link?.serverVersion ?? 'unknown';
  }

  /**
   * Appends an event of the laboratory itself and returns its sequence. The scenario is the first: rejects with {@link BadInput} when
   * the laboratory has the history of another run, and with `WrittenByNewer` when that was a later version's.
   */
  async append(event: LabEvent): Promise<number> {
    if (!this.log) throw new Error('the bus is not prepared');
    if (this.refusal) throw this.refusal;
    const headers = { schema: labSchema.name, version: labSchema.version, unit: 'lab', epoch: 0, cycle: 0 };
    // By the run, not by the laboratory: two runs that take one name must not pass for repetitions of each other.
    const id = `lab-${this.options.folder.id}-${(this.appended += 1)}`;
    const message = { subject: this.subjects.labLog, headers, body: labSchema.encode([event]), id };
    if (event.kind !== 'ScenarioLoaded') return (await this.appendPatiently(message)).sequence;
    // The log is one run's: who comes second would read the other's past as its own.
    const first = { ...message, expectedLastSubjectSequence: 0 };
    return (await this.appendPatiently(first).catch((error: unknown) => this.taken(error))).sequence;
  }

  /** What the event log published of its hash chain. Rejects with the bucket's own error. */
  async publishedHeads(): Promise<ChainHead[]> {
    if (!this.link) throw new Error('the bus is not prepared');
    return publishedHeads(await openKv(this.link, headsBucket(this.options.lab)));
  }

  /** On a server of somebody else, the run's streams would stay for ever. */
  async removeStreams(): Promise<void> {
    if (this.server || !this.link || this.refusal) return;
    // The run has its result by now: a stream that could not be removed is worth no error of its own.
    await removeLab(await jetStreamOf(this.link), this.options.lab).catch(() => undefined);
  }

  /** Closes the connection, then stops the private server. */
  async close(): Promise<void> {
    this.closing = true;
    clearTimeout(this.outage);
    await this.link?.close();
    if (!this.server) return;
    const exit = await this.server.stop();
    // The run has its result by now; what the server said last is worth no error of its own, on a full disk least of all.
    await writeFile(this.options.folder.instanceLog('nats-server'), `${exit.lastLines.join('\n')}\n`).catch(
      () => undefined,
    );
  }

  private connected(): NatsLink {
    if (!this.link) throw new Error('the bus is not connected');
    return this.link;
  }

  /** Waits out an outage, an election in a cluster for one; whoever lost the server for good says so by `onLost`. */
  private async appendPatiently(message: LogAppend): Promise<Appended> {
    const deadline = performance.now() + OUTAGE_MILLIS;
    for (;;) {
      try {
        if (!this.log) throw new Error('the bus is not prepared');
        return await appendSurely(this.log, message, this.clock);
      } catch (error) {
        if (!(error instanceof LogUnavailable) || this.closing || performance.now() > deadline) throw error;
      }
    }
  }

  /** Says whose history it is that stands in the way. */
  private async taken(error: unknown): Promise<never> {
    if (!(error instanceof AppendRefused)) throw error;
    this.refusal = error;
    const { lab } = this.options;
    const last = await this.log?.last(this.subjects.labLog);
    if (last) refuseNewer(this.subjects.labLog, last.headers);
    throw new BadInput(
      `laboratory ${lab} has the history of another run (its last event is message ${last?.sequence ?? 'unknown'}): use another name, or remove it with faultline labs remove ${lab}`,
      { cause: error },
    );
  }

  private onStatus(status: string): void {
    clearTimeout(this.outage);
    if (status !== 'disconnected' && status !== 'closed') return;
    // A private server that ended says so itself; one of somebody else may come back.
    const seconds = OUTAGE_MILLIS / 1000;
    const error = new RunFailed(
      `the connection to the NATS server was lost and did not come back within ${seconds} s`,
    );
    this.outage = setTimeout(() => this.lost(error), OUTAGE_MILLIS);
  }

  private lost(error: RunFailed): void {
    if (!this.closing) this.options.onLost(error);
  }
}
