import { Fifo } from '../fifo';
import type { LogMessage } from '../ports';

/** Is given each message that it is interested in, inside `append`: what it makes of it, it does later. */
export interface LogReader {
  offer(message: LogMessage): void;
}

/** What a {@link MemoryLog} has of one subject, and who reads it. */
export class SubjectLog {
  readonly readers = new Set<LogReader>();
  last: LogMessage | undefined;
  /** Where the subject begins since it was trimmed; 0 when it never was. */
  heldFrom = 0;
  private messages = new Fifo<LogMessage>();
  /** How many of the messages count no more. */
  private trimmed = 0;

  constructor(private readonly forgets: boolean) {}

  add(message: LogMessage): void {
    this.last = message;
    this.messages.push(message);
  }

  /** Every message, in order; of a log that does not forget also what was trimmed. */
  *held(): Generator<LogMessage> {
    for (let place = 0; place < this.messages.length; place += 1) {
      const message = this.messages.peek(place);
      if (message) yield message;
    }
  }

  /** Trims what stands before the sequence, but for the last message. */
  trim(floor: number, onTrimmed: (message: LogMessage) => void): void {
    const to = Math.min(floor, this.last?.sequence ?? 1);
    for (
      let message = this.messages.peek(this.trimmed);
      message;
      message = this.messages.peek(this.trimmed)
    ) {
      if (message.sequence >= to) break;
      onTrimmed(message);
      if (this.forgets) this.messages.shift();
      else this.trimmed += 1;
    }
    this.heldFrom = Math.max(this.heldFrom, to > 1 ? to : 0);
  }
}
