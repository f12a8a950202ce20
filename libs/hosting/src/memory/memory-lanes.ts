import { LaneRejected, LaneUnavailable, type ClockPort, type LanePort, type Running } from '../ports';
import { toError } from '../to-error';
import { microtasks, type Scheduler } from './scheduler';

export interface MemoryLanesOptions {
  clock: ClockPort;
  schedule?: Scheduler;
}

type Handler = (body: Uint8Array) => Promise<Uint8Array> | Uint8Array;

interface Server {
  handler: Handler;
  onError(error: Error): void;
  running: Set<Promise<void>>;
  stopped: boolean;
}

interface Call {
  subject: string;
  reply(body: Uint8Array): void;
  fail(error: Error): void;
}

/** Lanes in one process. As on NATS every server of a subject gets the request and the first answer counts. */
export class MemoryLanes implements LanePort {
  private readonly servers = new Map<string, Set<Server>>();
  /** Requests without a reply, by subject. */
  private readonly open = new Map<string, Set<Call>>();
  private readonly clock: ClockPort;
  private readonly schedule: Scheduler;

  constructor(options: MemoryLanesOptions) {
    this.clock = options.clock;
    this.schedule = options.schedule ?? microtasks;
  }

  request(subject: string, body: Uint8Array, timeoutMillis: number): Promise<Uint8Array> {
    const servers = this.servers.get(subject);
    if (!servers) return Promise.reject(new LaneUnavailable(subject, 'no-responders'));
    return new Promise((resolve, reject) => {
      const open = this.open.get(subject) ?? new Set();
      this.open.set(subject, open);
      const done = (settle: () => void): void => {
        cancel();
        open.delete(call);
        settle();
      };
      const call: Call = {
        subject,
        reply: (answer) => done(() => resolve(answer)),
        fail: (error) => done(() => reject(error)),
      };
      const cancel = this.clock.after(timeoutMillis * 1000, () =>
        call.fail(new LaneUnavailable(subject, 'timeout')),
      );
      open.add(call);
      for (const server of servers) this.schedule(() => this.serveOne(server, body, call));
    });
  }

  serve(subject: string, handler: Handler, onError: (error: Error) => void): Promise<Running> {
    const server: Server = { handler, onError, running: new Set(), stopped: false };
    const servers = this.servers.get(subject) ?? new Set();
    this.servers.set(subject, servers.add(server));
    for (const call of [...(this.open.get(subject) ?? [])])
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

  private serveOne(server: Server, body: Uint8Array, call: Call): void {
    if (server.stopped) return;
    try {
      const answer = server.handler(body);
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
