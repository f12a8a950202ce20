import {
  type Asker,
  type LaneContext,
  type LaneHandler,
  type LanePort,
  LaneUnavailable,
  type MemoryLanes,
  type Running,
  toError,
} from '@faultline/hosting';
import type { Link } from './link';

/** What stands in a buffer when a cable breaks goes on when it is whole again, however late: this often. */
const KEPT = 0.5;

/** Who asks, as those know him who serve: over which cable, and what tells him by and by that his request, or its reply, got lost. */
export interface LaneCaller {
  readonly link: Link;
  lose(): void;
}

interface Server {
  subject: string;
  handler: LaneHandler;
  onError(error: Error): void;
}

/** Somebody who waits for the answer to his request. */
class Waiting implements LaneCaller {
  constructor(
    readonly link: Link,
    private readonly subject: string,
    private readonly reject: (error: Error) => void,
  ) {}

  lose(): void {
    this.link.patience(() => this.reject(new LaneUnavailable(this.subject, 'timeout')));
  }
}

/** The request, or its reply, does not get through: whoever serves is not to blame. */
class Unreachable extends Error {}

/**
 * Lanes as a process reaches them over its cable. What one process sends on one subject arrives in its order; different subjects overtake
 * each other. Who waits for what gets lost is told when his patience ends.
 */
export class LinkedLanes implements LanePort {
  constructor(
    private readonly link: Link,
    private readonly lanes: MemoryLanes<LaneCaller>,
  ) {}

  request(
    subject: string,
    body: Uint8Array,
    timeoutMillis: number,
    context?: LaneContext,
  ): Promise<Uint8Array> {
    const { link, lanes } = this;
    return new Promise((resolve, reject) => {
      const caller = new Waiting(link, subject, reject);
      if (link.isLost()) return caller.lose();
      // The copy went over another connection, and may come when what follows it has been answered.
      if (link.isDoubled()) {
        const copy = { subject, body: body.slice(), timeoutMillis, context };
        link.hop(() => lanes.ask(copy, caller, NOBODY));
      }
      const request = { subject, body, timeoutMillis, context };
      link.inOrder(subject, () => lanes.ask(request, caller, { resolve, reject }));
    });
  }

  serve(subject: string, handler: LaneHandler, onError: (error: Error) => void): Promise<Running> {
    const server = { subject, handler, onError };
    return this.lanes.answer(
      subject,
      (body, context, caller, asker) => this.answer(server, body, context, caller, asker),
      (error) => {
        if (!(error instanceof Unreachable)) onError(error);
      },
    );
  }

  private answer(
    server: Server,
    body: Uint8Array,
    context: LaneContext | undefined,
    caller: LaneCaller,
    asker: Asker,
  ): void {
    const { subject, handler } = server;
    if (!caller.link.reaches(this.link)) {
      if (this.link.happens(KEPT)) this.keep(server, body, context, caller.link);
      return lose(subject, caller, asker);
    }
    const answer = handler(body, context);
    if (answer instanceof Uint8Array) return this.reply(subject, answer, caller, asker);
    answer.then(
      (late) => this.reply(subject, late, caller, asker),
      (error: unknown) => asker.reject(error),
    );
  }

  private reply(subject: string, bytes: Uint8Array, caller: LaneCaller, asker: Asker): void {
    const { link } = this;
    if (link.isLost()) return lose(subject, caller, asker);
    link.inOrder(caller.link.replies, () => {
      if (link.reaches(caller.link)) asker.resolve(bytes);
      else lose(subject, caller, asker);
    });
  }

  private keep(
    { subject, handler, onError }: Server,
    body: Uint8Array,
    context: LaneContext | undefined,
    from: Link,
  ): void {
    const late = body.slice();
    const serve = async (): Promise<void> => void (await handler(late, context));
    void Promise.all([from.whole(), this.link.whole()]).then(() =>
      from.inOrder(subject, () => void serve().catch((error: unknown) => onError(toError(error)))),
    );
  }
}

/** The request, or its reply, is lost. */
function lose(subject: string, caller: LaneCaller, asker: Asker): void {
  caller.lose();
  asker.reject(new Unreachable(subject));
}

/** What becomes of the copy of a request concerns nobody. */
const NOBODY = { resolve: () => undefined, reject: () => undefined };
