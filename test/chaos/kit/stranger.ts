import { headers, type Msg, type NatsConnection, type Subscription } from 'nats';

/** Tells the stranger's own words from those it hears. */
const MARK = 'Stranger';

/** Somebody on the bus who has no business there: says again what it hears on lanes, and sends some of it damaged. */
export class Stranger {
  private readonly listening: Subscription[];
  private heard = 0;
  repeated = 0;
  damaged = 0;

  constructor(
    private readonly nc: NatsConnection,
    subjects: readonly string[],
    /** Every so many-th message is sent damaged as well. */
    private readonly damageEvery: number,
  ) {
    this.listening = subjects.map((subject) =>
      nc.subscribe(subject, { callback: (error, message) => error ?? this.hear(message) }),
    );
  }

  stop(): void {
    for (const each of this.listening) each.unsubscribe();
  }

  private hear(message: Msg): void {
    if (message.headers?.has(MARK)) return;
    this.heard += 1;
    this.say(message, message.data.slice());
    this.repeated += 1;
    if (this.heard % this.damageEvery > 0) return;
    // What is cut short in the middle decodes to nothing.
    this.say(message, message.data.slice(0, Math.ceil(message.data.length / 2)));
    this.damaged += 1;
  }

  private say({ subject }: Msg, body: Uint8Array): void {
    const marked = headers();
    marked.set(MARK, 'yes');
    this.nc.publish(subject, body, { headers: marked });
  }
}
