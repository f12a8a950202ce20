import type { Presence } from '@faultline/contracts';
import type { NatsLink } from '@faultline/messaging';
import type { ClientNats } from '@nestjs/microservices';
import type { NatsConnection } from 'nats';
import { settlesWithin } from './waiting';

/** How often an instance says that it is there. */
const HEARTBEAT_MILLIS = 1_000;
/** How long the last word may take to the server. */
const FLUSH_MILLIS = 1_000;

/** How an instance is heard. */
export interface PresenceVoice {
  say(presence: Presence): void;
  /** Resolves when what was said has arrived at the server. */
  flush(): Promise<void>;
}

/** Says it on the control plane of a laboratory. */
export const voiceOfClient = (client: ClientNats, subject: string): PresenceVoice => ({
  say: (presence) => void client.emit(subject, presence).subscribe({ error: () => undefined }),
  flush: () => client.unwrap<NatsConnection>().flush(),
});

/** Says it in the words of the control plane, on a connection that is used for more. */
export const voiceOfLink = ({ nc }: NatsLink, subject: string): PresenceVoice => ({
  say: (data) => {
    if (!nc.isClosed()) nc.publish(subject, JSON.stringify({ pattern: subject, data }));
  },
  flush: () => nc.flush(),
});

/** Tells the laboratory, or the site, that this instance is there, what it owns and how it is: at every change, and every second. */
export class PresenceTeller {
  private timer: NodeJS.Timeout | undefined;
  private current: Presence;

  constructor(
    private readonly voice: PresenceVoice,
    who: Pick<Presence, 'service' | 'instance' | 'session'> & Partial<Pick<Presence, 'state'>>,
    private readonly counts: () => Partial<
      Pick<Presence, 'deadLetters' | 'repairedQueues' | 'worker'>
    > = () => ({}),
  ) {
    this.current = { state: 'waiting', ...who, pid: process.pid, units: [], deadLetters: 0 };
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
    await settlesWithin(this.voice.flush(), FLUSH_MILLIS);
  }

  private tell(): void {
    this.current = { ...this.current, ...this.counts() };
    // A heartbeat that cannot be sent is not worth an error: its absence is the message.
    this.voice.say(this.current);
  }
}
