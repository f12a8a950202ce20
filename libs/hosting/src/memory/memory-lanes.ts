import {
  LaneRejected,
  LaneUnavailable,
  type ClockPort,
  type LaneContext,
  type LaneHandler,
  type LanePort,
  type Running,
} from '../ports';
import { toError } from '../to-error';
import { type Deadline, Deadlines, type Expiring } from './deadlines';
import { microtasks, type Scheduler } from './scheduler';

export interface MemoryLanesOptions {
  clock: ClockPort;
  schedule?: Scheduler;
}

interface Server {
  handler: LaneHandler;
  onError(error: Error): void;
  running: Set<Promise<void>>;
  stopped: boolean;
}

/** A request without a reply. What is said to it after it has ended counts for nothing. */
class Call implements Expiring {
  private isOver = false;
  private readonly deadline: Deadline;

  constructor(
    readonly subject: string,
    private readonly resolve: (body: Uint8Array) => void,
    private readonly reject: (error: Error) => void,
    /** Requests to the subject that have no reply. */
    private readonly open: Set<Call>,
    private readonly deadlines: Deadlines,
  ) {
    this.deadline = deadlines.begin(this);
    open.add(this);
  }

  reply(body: Uint8Array): void {
    if (this.end()) this.resolve(body);
  }

  fail(error: Error): void {
    if (this.end()) this.reject(error);
  }

  expire(): void {
    this.fail(new LaneUnavailable(this.subject, 'timeout'));
  }

  private end(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.deadlines.end(this.deadline);
    this.open.delete(this);
    return true;
  }
}

/** Lanes in one process. As on NATS every server of a subject gets the request and the first answer counts. */
export class MemoryLanes implements LanePort {
  private readonly servers = new Map<string, Set<Server>>();
  /** Requests without a reply, by subject. */
  private readonly open = new Map<string, Set<Call>>();
  /** By how far away they are, in milliseconds. */
  private readonly deadlines = new Map<number, Deadlines>();
  private readonly clock: ClockPort;
  private readonly schedule: Scheduler;

  constructor(options: MemoryLanesOptions) {
    this.clock = options.clock;
    this.schedule = options.schedule ?? microtasks;
  }

  request(
    subject: string,
    body: Uint8Array,
    timeoutMillis: number,
    context?: LaneContext,
  ): Promise<Uint8Array> {
    const servers = this.servers.get(subject);
    if (!servers) return Promise.reject(new LaneUnavailable(subject, 'no-responders'));
    return new Promise((resolve, reject) => {
      const deadlines = this.deadlinesOf(timeoutMillis);
      const call = new Call(subject, resolve, reject, this.openOf(subject), deadlines);
      for (const server of servers) this.schedule(() => this.serveOne(server, body, context, call));
    });
  }

  serve(subject: string, handler: LaneHandler, onError: (error: Error) => void): Promise<Running> {
    const server: Server = { handler, onError, running: new Set(), stopped: false };
    const servers = this.servers.get(subject) ?? new Set();
    this.servers.set(subject, servers.add(server));
    for (const call of [...this.openOf(subject)])
      this.schedule(() => call.fail(new LaneUnavailable(subject, 'new-server')));
    return Promise.resolve({
      stop: async () => {
        server.stopped = true;
        servers.delete(server);
        if (servers.size === 0 && this.servers.get(subject) === servers) this.servers.delete(subject);
        await Promise.all(server.running);
      },
    });
  }

  private openOf(subject: string): Set<Call> {
    let open = this.open.get(subject);
    if (!open) this.open.set(subject, (open = new Set()));
    return open;
  }

  private deadlinesOf(timeoutMillis: number): Deadlines {
    let deadlines = this.deadlines.get(timeoutMillis);
    if (!deadlines)
      this.deadlines.set(timeoutMillis, (deadlines = new Deadlines(this.clock, timeoutMillis * 1_000)));
    return deadlines;
  }

  private serveOne(server: Server, body: Uint8Array, context: LaneContext | undefined, call: Call): void {
    if (server.stopped) return;
    try {
      const answer = server.handler(body, context);
      if (answer instanceof Uint8Array) return this.schedule(() => call.reply(answer));
      const running = answer.then(
        (late) => this.schedule(() => call.reply(late)),
        (thrown: unknown) => this.failed(server, call, thrown),
      );
      server.running.add(running);
      void running.finally(() => server.running.delete(running));
    } catch (thrown) {
      this.failed(server, call, thrown);
    }
  }

  private failed(server: Server, call: Call, thrown: unknown): void {
    if (thrown instanceof LaneRejected)
      this.schedule(() => call.fail(new LaneRejected(call.subject, thrown.reason)));
    else server.onError(toError(thrown));
  }
}
