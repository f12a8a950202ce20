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
import { subjectMatcher } from '../subject-match';
import { MemoryFollower } from './memory-follower';
import { microtasks, type Scheduler } from './scheduler';
import { type LogReader, SubjectLog } from './subject-log';

export interface MemoryLogOptions {
  /** Size limit of all bodies and subjects together, in bytes; default none. */
  maxBytes?: number;
  schedule?: Scheduler;
  /**
   * What was trimmed leaves the memory when those who are attached have read it, and its id with it. By default it stays: for whoever
   * looks at the log from outside with `at`.
   */
  forgets?: boolean;
}

interface Attached {
  matches(subject: string): boolean;
  reader: LogReader;
}

/** The log in one process. It keeps what is appended without a copy: whoever appends does not change it afterwards. */
export class MemoryLog implements LogPort {
  private readonly subjects = new Map<string, SubjectLog>();
  private readonly sequenceOf = new Map<string, number>();
  private readonly attached = new Set<Attached>();
  /** Every message, unless the log forgets. */
  private readonly all: LogMessage[] | undefined;
  private readonly maxBytes: number;
  private readonly schedule: Scheduler;
  private bytes = 0;
  private end = 0;
  /** Called inside `append` with each message that is stored, before anybody else has it. */
  onStored: (message: LogMessage) => void = () => undefined;

  constructor(options: MemoryLogOptions = {}) {
    this.maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY;
    this.schedule = options.schedule ?? microtasks;
    this.all = options.forgets ? undefined : [];
  }

  append(message: LogAppend): Promise<Appended> {
    // The order of the checks is that of nats-server: a known id first, then the fence, then the size.
    const known = this.sequenceOf.get(message.id);
    if (known !== undefined) return Promise.resolve({ sequence: known, duplicate: true });
    const expected = message.expectedLastSubjectSequence;
    const subject = this.subjects.get(message.subject);
    if (expected !== undefined && expected !== (subject?.last?.sequence ?? 0))
      return Promise.reject(new AppendRefused(message.subject, expected));
    const size = sizeOf(message);
    if (this.bytes + size > this.maxBytes) return Promise.reject(new LogFull(message.subject));
    this.bytes += size;
    return Promise.resolve({
      sequence: this.store(message, subject ?? this.begin(message.subject)),
      duplicate: false,
    });
  }

  follow(options: {
    subject: string;
    fromSequence: number;
    onMessage(message: LogMessage): void;
    onError(error: Error): void;
  }): Promise<Running> {
    const matches = subjectMatcher(options.subject);
    for (const [subject, { heldFrom }] of this.subjects)
      if (heldFrom > options.fromSequence && matches(subject))
        return Promise.reject(new LogTrimmed(options.subject, options.fromSequence, heldFrom));
    return Promise.resolve(
      new MemoryFollower((reader) => this.attach(options.subject, reader), this.schedule, options),
    );
  }

  last(subject: string): Promise<LogMessage | undefined> {
    return Promise.resolve(this.subjects.get(subject)?.last);
  }

  fill(): Promise<number> {
    return Promise.resolve(this.bytes / this.maxBytes);
  }

  lastSequence(): Promise<number> {
    return Promise.resolve(this.end);
  }

  trim(floors: ReadonlyMap<string, number>): Promise<void> {
    for (const [subject, floor] of floors) this.trimSubject(subject, floor);
    return Promise.resolve();
  }

  /** {@link trim} of one subject, at once. */
  trimSubject(subject: string, floor: number): void {
    this.subjects.get(subject)?.trim(floor, (message) => {
      this.bytes -= sizeOf(message);
      if (!this.all) this.sequenceOf.delete(message.id);
    });
  }

  /** The message at a position, also one that was trimmed, or `undefined` beyond the end. Only of a log that does not forget. */
  at(sequence: number): LogMessage | undefined {
    return this.all?.[sequence - 1];
  }

  /**
   * Offers a reader what the log has of a subject, wildcards allowed, and everything that comes. Returns a function that ends it.
   */
  attach(subject: string, reader: LogReader): () => void {
    const attached: Attached = { matches: subjectMatcher(subject), reader };
    this.attached.add(attached);
    const there: LogMessage[] = [];
    for (const [each, log] of this.subjects) {
      if (!attached.matches(each)) continue;
      log.readers.add(reader);
      for (const message of log.held()) there.push(message);
    }
    there.sort((one, other) => one.sequence - other.sequence);
    for (const message of there) reader.offer(message);
    return () => {
      this.attached.delete(attached);
      for (const [each, log] of this.subjects) if (attached.matches(each)) log.readers.delete(reader);
    };
  }

  /** A subject on which nothing was written before: looked up once, so that an append asks no pattern. */
  private begin(subject: string): SubjectLog {
    const log = new SubjectLog(this.all === undefined);
    this.subjects.set(subject, log);
    for (const { matches, reader } of this.attached) if (matches(subject)) log.readers.add(reader);
    return log;
  }

  private store(message: LogAppend, log: SubjectLog): number {
    const { subject, headers, id, body } = message;
    const sequence = (this.end += 1);
    const stored: LogMessage = { subject, sequence, headers, id, body, records: undefined };
    this.all?.push(stored);
    log.add(stored);
    if (id !== '') this.sequenceOf.set(id, sequence);
    this.onStored(stored);
    for (const reader of log.readers) reader.offer(stored);
    return sequence;
  }
}

function sizeOf({ subject, body }: Pick<LogMessage, 'subject' | 'body'>): number {
  return subject.length + body.length;
}
