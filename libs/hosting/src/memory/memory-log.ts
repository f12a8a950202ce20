import {
  AppendRefused,
  LogFull,
  LogTrimmed,
  type Appended,
  type LogAppend,
  type LogMessage,
  type LogPort,
  type Running,
} from '../ports';
import { MemoryFollower } from './memory-follower';
import { subjectMatcher } from '../subject-match';
import { microtasks, type Scheduler } from './scheduler';

export interface MemoryLogOptions {
  /** Size limit of all bodies and subjects together, in bytes; default none. */
  maxBytes?: number;
  schedule?: Scheduler;
}

/**
 * The log in one process. Ids are remembered for ever. What was trimmed counts no more and can be read no more, but stays in memory:
 * for readers that are attached, and for whoever looks at the log from outside with `at`.
 */
export class MemoryLog implements LogPort {
  private readonly messages: LogMessage[] = [];
  private readonly lastOf = new Map<string, LogMessage>();
  private readonly sequenceOf = new Map<string, number>();
  private readonly watchers = new Set<() => void>();
  /** Where each subject that was trimmed begins. */
  private readonly heldFrom = new Map<string, number>();
  private readonly maxBytes: number;
  private readonly schedule: Scheduler;
  private bytes = 0;

  constructor(options: MemoryLogOptions = {}) {
    this.maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY;
    this.schedule = options.schedule ?? microtasks;
  }

  append(message: LogAppend): Promise<Appended> {
    // The order of the checks is that of nats-server: a known id first, then the fence, then the size.
    const known = this.sequenceOf.get(message.id);
    if (known !== undefined) return Promise.resolve({ sequence: known, duplicate: true });
    const expected = message.expectedLastSubjectSequence;
    if (expected !== undefined && expected !== (this.lastOf.get(message.subject)?.sequence ?? 0)) {
      return Promise.reject(new AppendRefused(message.subject, expected));
    }
    const size = sizeOf(message);
    if (this.bytes + size > this.maxBytes) return Promise.reject(new LogFull(message.subject));
    this.bytes += size;
    return Promise.resolve({ sequence: this.store(message), duplicate: false });
  }

  follow(options: {
    subject: string;
    fromSequence: number;
    onMessage(message: LogMessage): void;
    onError(error: Error): void;
  }): Promise<Running> {
    const matches = subjectMatcher(options.subject);
    for (const [subject, heldFrom] of this.heldFrom)
      if (heldFrom > options.fromSequence && matches(subject))
        return Promise.reject(new LogTrimmed(options.subject, options.fromSequence, heldFrom));
    const follower = new MemoryFollower(this, this.schedule, options);
    return Promise.resolve(follower);
  }

  last(subject: string): Promise<LogMessage | undefined> {
    return Promise.resolve(this.lastOf.get(subject));
  }

  fill(): Promise<number> {
    return Promise.resolve(this.bytes / this.maxBytes);
  }

  lastSequence(): Promise<number> {
    return Promise.resolve(this.messages.length);
  }

  trim(floors: ReadonlyMap<string, number>): Promise<void> {
    for (const [subject, floor] of floors) {
      const from = this.heldFrom.get(subject) ?? 1;
      const to = Math.min(floor, this.lastOf.get(subject)?.sequence ?? 1);
      for (let sequence = from; sequence < to; sequence++) {
        const message = this.messages[sequence - 1];
        if (message?.subject === subject) this.bytes -= sizeOf(message);
      }
      if (to > from) this.heldFrom.set(subject, to);
    }
    return Promise.resolve();
  }

  /** The message at a position, also one that was trimmed, or `undefined` beyond the end. */
  at(sequence: number): LogMessage | undefined {
    return this.messages[sequence - 1];
  }

  /** Calls back, inside `append`, after each message that is stored. Returns a function that ends it. */
  watch(onStored: () => void): () => void {
    this.watchers.add(onStored);
    return () => this.watchers.delete(onStored);
  }

  private store(message: LogAppend): number {
    const sequence = this.messages.length + 1;
    const stored: LogMessage = {
      subject: message.subject,
      sequence,
      headers: { ...message.headers },
      id: message.id,
      // The writer may reuse its buffer once the append is acknowledged.
      body: message.body.slice(),
    };
    this.messages.push(stored);
    this.lastOf.set(stored.subject, stored);
    if (stored.id !== '') this.sequenceOf.set(stored.id, sequence);
    for (const onStored of this.watchers) onStored();
    return sequence;
  }
}

function sizeOf({ subject, body }: Pick<LogMessage, 'subject' | 'body'>): number {
  return subject.length + body.length;
}
