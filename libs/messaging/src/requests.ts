import { Numbered } from '@faultline/domain';
import { createInbox, type Msg, type MsgHdrs, type NatsConnection } from 'nats';

export type RequestFailure = 'no-responders' | 'timeout' | 'disconnected' | 'closed' | 'new-server';

/** A request got no answer. It may have been received, except after `no-responders`. */
export class RequestFailed extends Error {
  constructor(
    readonly subject: string,
    readonly failure: RequestFailure,
  ) {
    super(`request to ${subject} failed: ${failure}`);
    this.name = 'RequestFailed';
  }
}

interface Pending {
  token: number;
  subject: string;
  timer: NodeJS.Timeout;
  resolve(reply: Msg): void;
  reject(error: Error): void;
}

const NO_RESPONDERS = 503;

/**
 * Requests over one inbox subscription for the life of the connection, told apart by a number in the reply subject. The client's
 * own `request` costs three promises, a random token and (by default) a stack trace each.
 */
export class Requests {
  private readonly prefix = `${createInbox()}.`;
  private readonly pending = new Numbered<Pending>();
  private connected = true;

  constructor(private readonly nc: NatsConnection) {
    nc.subscribe(`${this.prefix}*`, { callback: (_error, reply) => this.receive(reply) });
  }

  /**
   * Publishes a request and resolves with the first reply. Rejects with {@link RequestFailed}, or with the client's `NatsError`
   * when the message cannot be sent at all (too large, connection draining).
   */
  send(subject: string, body: Uint8Array, timeoutMillis: number, headers?: MsgHdrs): Promise<Msg> {
    return new Promise((resolve, reject) => {
      // What is published while the connection is down is thrown away by the client at its next attempt to connect.
      if (!this.connected)
        return reject(new RequestFailed(subject, this.nc.isClosed() ? 'closed' : 'disconnected'));
      const token = this.pending.free();
      this.nc.publish(subject, body, { reply: this.prefix + token.toString(36), headers });
      const timer = setTimeout(() => this.fail(token, 'timeout'), timeoutMillis);
      this.pending.add(token, { token, subject, timer, resolve, reject });
    });
  }

  disconnected(): void {
    this.connected = false;
    this.failAll('disconnected');
  }

  reconnected(): void {
    this.connected = true;
  }

  failAll(failure: RequestFailure): void {
    if (failure === 'closed') this.connected = false;
    for (const { token } of this.pending.list()) this.fail(token, failure);
  }

  /** Gives up what was sent to the subject and has no reply yet: whoever got it may be dead. */
  newServer(subject: string): void {
    for (const pending of this.pending.list())
      if (pending.subject === subject) this.fail(pending.token, 'new-server');
  }

  private receive(reply: Msg): void {
    const token = Number.parseInt(reply.subject.slice(this.prefix.length), 36);
    const pending = this.pending.get(token);
    if (!pending) return;
    // Only an empty message can be the server's own word that nobody listens.
    if (reply.data.length === 0 && reply.headers?.code === NO_RESPONDERS)
      return this.fail(token, 'no-responders');
    this.pending.delete(token);
    clearTimeout(pending.timer);
    pending.resolve(reply);
  }

  private fail(token: number, failure: RequestFailure): void {
    const pending = this.pending.get(token);
    if (!pending) return;
    this.pending.delete(token);
    clearTimeout(pending.timer);
    pending.reject(new RequestFailed(pending.subject, failure));
  }
}
