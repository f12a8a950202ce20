import { Numbered } from '@faultline/domain';
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

interface LaneRequest {
  subject: string;
  body: Uint8Array;
  timeoutMillis: number;
  context?: LaneContext;
}

/** Whom the end of a request is told to. */
export interface Asker {
  resolve(body: Uint8Array): void;
  reject(error: unknown): void;
}

/** Answers once, now or later. */
type Answerer<Caller> = (
  body: Uint8Array,
  context: LaneContext | undefined,
  caller: Caller,
  asker: Asker,
) => void;

class Server<Caller> {
  stopped = false;
  /** Requests that its handler has not answered yet. */
  private open = 0;
  private idle: (() => void)[] = [];

  constructor(
    readonly answer: Answerer<Caller>,
    readonly onError: (error: Error) => void,
  ) {}

  begin(): void {
    this.open += 1;
  }

  end(): void {
    this.open -= 1;
    if (this.open === 0) for (const resolve of this.idle.splice(0)) resolve();
  }

  /** Resolves when everything that was begun has ended. */
  async settled(): Promise<void> {
    if (this.open > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }
}

/** A request without a reply. What is said to it after it has ended counts for nothing. */
class Call implements Expiring {
  private isOver = false;
  private readonly deadline: Deadline;
  private readonly number: number;

  constructor(
    readonly subject: string,
    private readonly asker: Asker,
    /** Requests to the subject that have no reply. */
    private readonly open: Numbered<Call>,
    private readonly deadlines: Deadlines,
  ) {
    this.deadline = deadlines.begin(this);
    this.number = open.free();
    open.add(this.number, this);
  }

  reply(body: Uint8Array): void {
    if (this.end()) this.asker.resolve(body);
  }

  fail(error: Error): void {
    if (this.end()) this.asker.reject(error);
  }

  expire(): void {
    this.fail(new LaneUnavailable(this.subject, 'timeout'));
  }

  private end(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.deadlines.end(this.deadline);
    this.open.delete(this.number);
    return true;
  }
}

/** A request at one of its servers: what becomes of it there. */
class Serving implements Asker {
  constructor(
    private readonly server: Server<never>,
    private readonly call: Call,
    private readonly schedule: Scheduler,
  ) {}

  resolve(reply: Uint8Array): void {
    this.schedule(() => this.call.reply(reply));
    this.server.end();
  }

  reject(thrown: unknown): void {
    const { call, server } = this;
    if (thrown instanceof LaneRejected)
      this.schedule(() => call.fail(new LaneRejected(call.subject, thrown.reason)));
    else server.onError(toError(thrown));
    server.end();
  }
}

/**
 * Lanes in one process. As on NATS every server of a subject gets the request and the first answer counts. With {@link MemoryLanes.ask}
 * and {@link MemoryLanes.answer} both sides are called back in the place of promises, and a request says by whom it is.
 */
export class MemoryLanes<Caller = undefined> implements LanePort {
  private readonly servers = new Map<string, Set<Server<Caller>>>();
  /** Requests without a reply, by subject. */
  private readonly open = new Map<string, Numbered<Call>>();
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
    return new Promise((resolve, reject) =>
      this.ask({ subject, body, timeoutMillis, context }, undefined as Caller, { resolve, reject }),
    );
  }

  /** {@link request}, by somebody who is told of its end without a promise. */
  ask(request: LaneRequest, caller: Caller, asker: Asker): void {
    const { subject, timeoutMillis } = request;
    const servers = this.servers.get(subject);
    if (!servers) return asker.reject(new LaneUnavailable(subject, 'no-responders'));
    const call = new Call(subject, asker, this.openOf(subject), this.deadlinesOf(timeoutMillis));
    for (const server of servers) this.schedule(() => this.serveOne(server, request, caller, call));
  }

  serve(subject: string, handler: LaneHandler, onError: (error: Error) => void): Promise<Running> {
    const answerer = (body: Uint8Array, context: LaneContext | undefined, _: Caller, asker: Asker): void => {
      const answer = handler(body, context);
      if (answer instanceof Uint8Array) asker.resolve(answer);
      else
        answer.then(
          (late) => asker.resolve(late),
          (error: unknown) => asker.reject(error),
        );
    };
    return this.answer(subject, answerer, onError);
  }

  /** {@link serve}, by somebody who answers without a promise. */
  answer(subject: string, answerer: Answerer<Caller>, onError: (error: Error) => void): Promise<Running> {
    const server = new Server(answerer, onError);
    const servers = this.servers.get(subject) ?? new Set();
    this.servers.set(subject, servers.add(server));
    for (const call of this.openOf(subject).list())
      this.schedule(() => call.fail(new LaneUnavailable(subject, 'new-server')));
    return Promise.resolve({
      stop: async () => {
        server.stopped = true;
        servers.delete(server);
        if (servers.size === 0 && this.servers.get(subject) === servers) this.servers.delete(subject);
        await server.settled();
      },
    });
  }

  private openOf(subject: string): Numbered<Call> {
    let open = this.open.get(subject);
    if (!open) this.open.set(subject, (open = new Numbered()));
    return open;
  }

  private deadlinesOf(timeoutMillis: number): Deadlines {
    let deadlines = this.deadlines.get(timeoutMillis);
    if (!deadlines)
      this.deadlines.set(timeoutMillis, (deadlines = new Deadlines(this.clock, timeoutMillis * 1_000)));
    return deadlines;
  }

  private serveOne(server: Server<Caller>, { body, context }: LaneRequest, caller: Caller, call: Call): void {
    if (server.stopped) return;
    const serving = new Serving(server, call, this.schedule);
    server.begin();
    try {
      server.answer(body, context, caller, serving);
    } catch (thrown) {
      serving.reject(thrown);
    }
  }
}
