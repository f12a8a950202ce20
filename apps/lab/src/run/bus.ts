import { writeFile } from 'node:fs/promises';
import type { ChainHead } from '@faultline/audit';
import {
  headsBucket,
  type LabEvent,
  labSchema,
  SITES_BUCKET,
  type Subjects,
  subjectsOf,
} from '@faultline/contracts';
import { appendSurely, type KvPort } from '@faultline/hosting';
import {
  connectNats,
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
import { RunFailed } from '../errors';
import { publishedHeads } from './published-heads';
import type { RunFolder } from './run-folder';

export interface BusOptions {
  lab: string;
  folder: RunFolder;
  queues: readonly string[];
  /** A server that runs already; absent to start a private one. */
  url: string | undefined;
  /** The server is gone, or did not come back in time. */
  onLost(error: RunFailed): void;
}

/** How long a server of somebody else may be away. */
const OUTAGE_MILLIS = 15_000;

/** The NATS server of a run, with the laboratory's streams on it. */
export class Bus {
  readonly subjects: Subjects;
  private readonly clock = new SystemClock();
  private outage: NodeJS.Timeout | undefined;
  private closing = false;
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
    const { lab, queues } = this.options;
    const link = this.connected();
    const jsm = await jetStreamOf(link);
    await provision(jsm, { lab, queues });
    this.log = new NatsLog(link, jsm, { lab });
  }

  /** The bucket that says which laboratory each site of the server serves. */
  async sites(): Promise<KvPort> {
    const link = this.connected();
    await provisionKv(await jetStreamOf(link), SITES_BUCKET);
    return openKv(link, SITES_BUCKET);
  }

  /** When an acknowledged append survives a power cut. */
  get durability(): string {
    return (
      this.server?.durability.text ??
      `as set on the NATS server in use (version ${this.link?.serverVersion ?? 'unknown'})`
    );
  }

  get version(): string {
    return this.server?.version ?? this.link?.serverVersion ?? 'unknown';
  }

  /** Appends an event of the laboratory itself and returns its sequence. */
  async append(event: LabEvent): Promise<number> {
    if (!this.log) throw new Error('the bus is not prepared');
    const headers = { schema: labSchema.name, version: labSchema.version, unit: 'lab', epoch: 0, cycle: 0 };
    const id = `lab-${this.options.lab}-${(this.appended += 1)}`;
    const message = { subject: this.subjects.labLog, headers, body: labSchema.encode([event]), id };
    return (await appendSurely(this.log, message, this.clock)).sequence;
  }

  /** What the event log published of its hash chain. Rejects with the bucket's own error. */
  async publishedHeads(): Promise<ChainHead[]> {
    if (!this.link) throw new Error('the bus is not prepared');
    return publishedHeads(await openKv(this.link, headsBucket(this.options.lab)));
  }

  /** On a server of somebody else, the run's streams would stay for ever. */
  async removeStreams(): Promise<void> {
    if (this.server || !this.link) return;
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
