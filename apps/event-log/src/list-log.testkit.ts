import type { LogMessage, LogPort, Running } from '@faultline/hosting';

const headers = { schema: 'lab', version: 1, unit: 'lab', epoch: 0, cycle: 0 };

/** A log in a list, as far as the record needs one: messages are added, and followed in order, a few a turn of the event loop. */
export class ListLog implements Pick<LogPort, 'follow' | 'lastSequence'> {
  readonly messages: LogMessage[] = [];
  private readonly wakes = new Set<() => void>();
  /** How often a following began. */
  followings = 0;

  add(message: Omit<LogMessage, 'sequence' | 'id'>): void {
    this.messages.push({ ...message, sequence: this.messages.length + 1, id: '' });
    for (const wake of this.wakes) wake();
  }

  /** Adds messages of one byte. */
  fill(count: number): void {
    for (let index = 0; index < count; index += 1)
      this.add({ subject: 'lab.log.lab', headers, body: Uint8Array.of(index) });
  }

  follow({ fromSequence, onMessage }: Parameters<LogPort['follow']>[0]): Promise<Running> {
    this.followings += 1;
    let next = fromSequence;
    let running = true;
    let scheduled = false;
    const deliver = (): void => {
      scheduled = false;
      for (let budget = 5; budget > 0 && running; budget -= 1) {
        const message = this.messages[next - 1];
        if (!message) return;
        next += 1;
        onMessage(message);
      }
      wake();
    };
    const wake = (): void => {
      if (scheduled || !running) return;
      scheduled = true;
      setImmediate(deliver);
    };
    this.wakes.add(wake);
    wake();
    const stop = (): Promise<void> => {
      running = false;
      this.wakes.delete(wake);
      return Promise.resolve();
    };
    return Promise.resolve({ stop });
  }

  lastSequence(): Promise<number> {
    return Promise.resolve(this.messages.length);
  }
}
