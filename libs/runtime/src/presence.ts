import type { Presence } from '@faultline/contracts';
import type { ClientNats } from '@nestjs/microservices';
import type { NatsConnection } from 'nats';
import { settlesWithin } from './waiting';

/** How often an instance says that it is there. */
const HEARTBEAT_MILLIS = 1_000;
/** How long the last word may take to the server. */
const FLUSH_MILLIS = 1_000;

/** Tells the laboratory that this instance is there, what it owns and how it is: at every change, and every second. */
export class PresenceTeller {
  private timer: NodeJS.Timeout | undefined;
  private current: Presence;

  constructor(
    private readonly client: ClientNats,
    private readonly subject: string,
    who: Pick<Presence, 'service' | 'instance' | 'session'>,
    private readonly counts: () => Pick<Presence, 'deadLetters' | 'repairedQueues' | 'worker'>,
  ) {
    this.current = { ...who, pid: process.pid, state: 'waiting', units: [], deadLetters: 0 };
  }

  /** What it last said. */
  get said(): Presence {
    return this.current;
  }

  begin(): void {
    this.timer = setInterval(() => this.tell(), HEARTBEAT_MILLIS);
    this.tell();
  }

  change(change: Partial<Pick<Presence, 'state' | 'units' | 'reason'>>): void {
    this.current = { ...this.current, ...change };
    this.tell();
  }

  /** Says nothing more, after one last word that is on its way when this resolves, unless the server is away. */
  async end(state?: Presence['state']): Promise<void> {
    clearInterval(this.timer);
    if (state) this.change({ state });
    const flushed = this.client.unwrap<NatsConnection>().flush();
    await settlesWithin(flushed, FLUSH_MILLIS);
  }

  private tell(): void {
    this.current = { ...this.current, ...this.counts() };
    // A heartbeat that cannot be sent is not worth an error: its absence is the message.
    this.client.emit(this.subject, this.current).subscribe({ error: () => undefined });
  }
}
