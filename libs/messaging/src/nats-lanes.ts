import {
  type LaneContext,
  type LaneHandler,
  LaneRejected,
  LaneUnavailable,
  type LanePort,
  type Running,
  toError,
} from '@faultline/hosting';
import type { Msg } from 'nats';
import { encodeHeaders } from './batch-headers';
import type { NatsLink } from './connection';
import { decodeLaneContext, encodeLaneContext } from './lane-context';
import { RequestFailed } from './requests';

const REJECT_HEADER = 'Fl-Reject';
const NOTHING = new Uint8Array(0);
/** What a server says when it begins, behind the lane's subject. */
const OPENED = '.opened';
/** Reasons are for people; a header is no place for a stack. */
const REASON_LIMIT = 500;

/**
 * Lanes on core NATS. A lane has no queue group: while two owners believe in themselves both get the request, the first answer
 * counts, and the epoch in it says whose it is (D4).
 */
export class NatsLanes implements LanePort {
  /** Subjects that requests were sent to: word of a new server is listened for. */
  private readonly watched = new Set<string>();

  constructor(private readonly link: NatsLink) {}

  async request(
    subject: string,
    body: Uint8Array,
    timeoutMillis: number,
    context?: LaneContext,
  ): Promise<Uint8Array> {
    let reply: Msg;
    this.watchServers(subject);
    try {
      reply = await this.link.requests.send(
        subject,
        body,
        timeoutMillis,
        context && encodeLaneContext(context),
      );
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw toError(error);
      const reason = error.failure === 'disconnected' ? 'closed' : error.failure;
      throw new LaneUnavailable(subject, reason, { cause: error });
    }
    const rejection = reply.headers?.get(REJECT_HEADER);
    if (rejection) throw new LaneRejected(subject, rejection);
    return reply.data;
  }

  async serve(subject: string, handler: LaneHandler, onError: (error: Error) => void): Promise<Running> {
    const server = new LaneServer(this.link, handler, onError);
    const subscription = this.link.nc.subscribe(subject, {
      callback: (_error, message) => server.receive(message),
    });
    // Only after the server has answered does it know the subscription. While it is away the client keeps the subscription for it.
    await this.link.nc.flush().catch(() => undefined);
    if (!this.link.nc.isClosed()) this.link.nc.publish(subject + OPENED, NOTHING);
    return {
      stop: async () => {
        await subscription.drain().catch(() => undefined);
        await server.idle();
      },
    };
  }

  /** One subscription for each lane this process asks, for as long as it runs: lanes are as many as units. */
  private watchServers(subject: string): void {
    if (this.watched.has(subject) || this.link.nc.isClosed()) return;
    this.watched.add(subject);
    this.link.nc.subscribe(subject + OPENED, { callback: () => this.link.requests.newServer(subject) });
  }
}

class LaneServer {
  /** Requests that are answered later, and who waits until none is. A count, because thousands come and go. */
  private underWay = 0;
  private resting: (() => void)[] = [];

  constructor(
    private readonly link: NatsLink,
    private readonly handler: LaneHandler,
    private readonly onError: (error: Error) => void,
  ) {}

  receive(message: Msg): void {
    const reply = message.reply ?? '';
    try {
      const answer = this.handler(message.data, decodeLaneContext(message));
      if (answer instanceof Uint8Array) return this.answer(reply, answer);
      this.underWay += 1;
      void answer
        .then(
          (late) => this.answer(reply, late),
          (thrown: unknown) => this.failed(reply, thrown),
        )
        .finally(() => this.answered());
    } catch (thrown) {
      // An error that left this callback would end the client's read loop.
      this.failed(reply, thrown);
    }
  }

  async idle(): Promise<void> {
    if (this.underWay > 0) await new Promise<void>((resolve) => this.resting.push(resolve));
  }

  private answered(): void {
    this.underWay -= 1;
    if (this.underWay === 0) for (const resolve of this.resting.splice(0)) resolve();
  }

  private answer(reply: string, body: Uint8Array): void {
    if (reply === '' || this.link.nc.isClosed()) return;
    try {
      this.link.nc.publish(reply, body);
    } catch (thrown) {
      this.onError(toError(thrown));
    }
  }

  private failed(reply: string, thrown: unknown): void {
    if (!(thrown instanceof LaneRejected)) return this.onError(toError(thrown));
    if (reply === '' || this.link.nc.isClosed()) return;
    const reason = thrown.reason.replace(/[^\x20-\x7e]+/g, ' ').slice(0, REASON_LIMIT) || 'rejected';
    this.link.nc.publish(reply, NOTHING, { headers: encodeHeaders([[REJECT_HEADER, reason]]) });
  }
}
