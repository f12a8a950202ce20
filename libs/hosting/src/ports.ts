import type { BatchHeaders } from '@faultline/contracts';

/**
 * What a unit host needs from the world, as ports. `libs/messaging` implements them on NATS, `memory/` in one process for tests
 * and benchmarks, also on a virtual clock. Bodies are opaque bytes here: codecs are the host's business.
 */

/** One message of the log: a batch of events of one unit. */
export interface LogMessage {
  subject: string;
  /** Position in the laboratory's one total order, from 1. */
  sequence: number;
  headers: BatchHeaders;
  /** The identity it was appended with (D6); empty when its writer gave none. */
  id: string;
  /** May be a view into a larger buffer: read it with its `byteOffset`. */
  body: Uint8Array;
  /** What the body holds, once somebody has decoded it: those who are given the same message share it, so nobody changes it. */
  records?: readonly unknown[];
}

/** A message about to be appended. */
export interface LogAppend {
  subject: string;
  headers: BatchHeaders;
  body: Uint8Array;
  /** Identity for deduplication: the same append tried again is stored once (D6). */
  id: string;
  /** Fencing: the last sequence on this subject that the writer knows (0: none); absent for subjects with several writers. */
  expectedLastSubjectSequence?: number;
}

export interface Appended {
  sequence: number;
  /** The store had this id already: an earlier try had arrived. */
  duplicate: boolean;
}

/** Another writer appended to the subject: this one was deposed, or an acknowledgement was lost (D6). Nothing was written. */
export class AppendRefused extends Error {
  constructor(
    readonly subject: string,
    readonly expectedLastSubjectSequence: number,
    options?: ErrorOptions,
  ) {
    super(
      `append to ${subject} refused: its last sequence is not ${expectedLastSubjectSequence}, another writer was there`,
      options,
    );
    this.name = 'AppendRefused';
  }
}

/** The log is at its size limit and discards new messages, never old ones (D13). Nothing was written. */
export class LogFull extends Error {
  constructor(
    readonly subject: string,
    options?: ErrorOptions,
  ) {
    super(
      `append to ${subject} refused: the log is full; raise its size limit or let it be trimmed`,
      options,
    );
    this.name = 'LogFull';
  }
}

/** The log did not answer in time. Whether the message was written is unknown: append again with the same id. */
export class LogUnavailable extends Error {
  constructor(
    readonly subject: string,
    options?: ErrorOptions,
  ) {
    super(`append to ${subject} was not acknowledged in time; it may or may not be in the log`, options);
    this.name = 'LogUnavailable';
  }
}

/** The log could not be read: the store is away, the stream is gone, or it lost messages that were read before. */
export class LogReadFailed extends Error {
  constructor(
    readonly subject: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`reading ${subject} from the log failed: ${reason}`, options);
    this.name = 'LogReadFailed';
  }
}

/** What a reader asks for was trimmed from the log (D13): it would not notice what it misses, so it is told. */
export class LogTrimmed extends Error {
  constructor(
    readonly subject: string,
    readonly fromSequence: number,
    /** The log holds what stands from here on. */
    readonly heldFrom: number,
    options?: ErrorOptions,
  ) {
    super(
      `${subject} cannot be read from sequence ${fromSequence}: the log was trimmed there, and holds it from ${heldFrom} on`,
      options,
    );
    this.name = 'LogTrimmed';
  }
}

/** Something that was started and can be stopped. `stop` resolves when no callback will run any more. */
export interface Running {
  stop(): Promise<void>;
}

export interface LogPort {
  /**
   * Appends one message. Rejects with {@link AppendRefused}, {@link LogFull} or {@link LogUnavailable}. An id the log has seen in the
   * last two minutes is answered as a duplicate, whatever the subject and the expected sequence: ids are unique in the whole log.
   */
  append(message: LogAppend): Promise<Appended>;
  /**
   * Delivers every message whose subject matches, in order, without gaps, from `fromSequence` on (1: from the beginning).
   * `subject` may hold NATS wildcards. A throwing `onMessage` ends the following through `onError`. Rejects with
   * {@link LogReadFailed}, and with {@link LogTrimmed} where something on the subject from there on was trimmed; a reader that was
   * away for so long is told the same through `onError`.
   */
  follow(options: {
    subject: string;
    fromSequence: number;
    onMessage(message: LogMessage): void;
    onError(error: Error): void;
  }): Promise<Running>;
  /** The last message on a subject, or `undefined` when there is none. */
  last(subject: string): Promise<LogMessage | undefined>;
  /** Share of the log's size limit that is in use, from 0 to 1; 0 for a log without limit. Rejects with {@link LogReadFailed}. */
  fill(): Promise<number>;
  /** The last sequence of the whole log, 0 when it is empty. */
  lastSequence(): Promise<number>;
  /**
   * Removes, subject by subject, the messages before a sequence (D13). What a reader that follows the subject, or a queue, has not
   * been given yet stays, and so does the last message of each subject: its owner is fenced by it (D6). Whoever comes later and
   * asks for what was removed is told {@link LogTrimmed}. Rejects with {@link LogReadFailed}; some may be removed then.
   */
  trim(floors: ReadonlyMap<string, number>): Promise<void>;
}

/** A message of an IOPF queue, delivered to one worker until it is settled. */
export interface WorkMessage extends LogMessage {
  /** How often it was delivered, this time included. */
  deliveries: number;
  /** Done: its result is in the log. */
  ack(): void;
  /** Still at it: the deadline for settling starts again (D12). */
  extend(): void;
  /** Give it back; it is delivered again after the delay. */
  retry(delayMillis: number): void;
  /** Poison: never deliver it again (its group was answered, its copy is with the dead letters, D12). */
  terminate(reason: string): void;
}

/** An IOPF queue cannot be drained: its consumer is not there, or the store does not answer. */
export class QueueUnavailable extends Error {
  constructor(
    readonly queue: string,
    readonly reason: string,
    /** Whether draining goes on by itself when the queue is back; when not, the connection was closed for good. */
    readonly goesOn: boolean,
    options?: ErrorOptions,
  ) {
    super(`IOPF queue '${queue}' cannot be drained: ${reason}`, options);
    this.name = 'QueueUnavailable';
  }
}

/** A queue that is being drained. */
export interface Working extends Running {
  /** Time to settle a message, in milliseconds, before it is delivered again: extend what takes longer, at a third of it (D12). */
  readonly ackWaitMillis: number;
}

export interface WorkPort {
  /**
   * Drains an IOPF queue together with all other workers; at most `prefetch` messages are unsettled here at any time. A throwing
   * `onWork` goes to `onError`, and its message is delivered again after {@link retryDelayMillis}.
   */
  work(options: {
    queue: string;
    prefetch: number;
    onWork(message: WorkMessage): void;
    onError(error: Error): void;
  }): Promise<Working>;
}

const FIRST_RETRY_MILLIS = 1_000;
const LONGEST_RETRY_MILLIS = 30_000;

/**
 * Pause before a message that could not be handled is delivered again, by the deliveries it had: it doubles from a second to half
 * a minute, so that an outage costs little, however long it lasts (D12).
 */
export function retryDelayMillis(deliveries: number): number {
  return Math.min(FIRST_RETRY_MILLIS * 2 ** Math.min(deliveries - 1, 10), LONGEST_RETRY_MILLIS);
}

/**
 * Nobody serves the lane, no reply came within the time limit, or somebody else serves it since the request was sent: whoever got it
 * may be dead. The command may or may not have had its effect.
 */
export class LaneUnavailable extends Error {
  constructor(
    readonly subject: string,
    readonly reason: 'no-responders' | 'timeout' | 'closed' | 'new-server',
    options?: ErrorOptions,
  ) {
    super(`request to ${subject} was not answered (${reason})`, options);
    this.name = 'LaneUnavailable';
  }
}

/** The server of a lane could not read or accept a request; sending it again unchanged is pointless. */
export class LaneRejected extends Error {
  constructor(
    readonly subject: string,
    readonly reason: string,
  ) {
    super(`request to ${subject} was rejected: ${reason}`);
    this.name = 'LaneRejected';
  }
}

/** A record of a request that belongs to a traced fault. */
export interface TracedRecord {
  /** The record's own number in its request, which the lane's schema gives it: a request, a run, a translation. */
  record: number;
  /** The member that is meant, of a record that lists several; 0 for the others. */
  member: number;
  /** The span of the fault that what the record causes belongs to. */
  traceparent: string;
}

/** Trace context of a request, in the headers of its message; only of one that holds something traced. */
export interface LaneContext {
  /** The span that sends it. */
  traceparent: string;
  /** What others of its records are about is not traced. */
  traced: readonly TracedRecord[];
}

/** Answers a request with the body that goes back. */
export type LaneHandler = (body: Uint8Array, context?: LaneContext) => Promise<Uint8Array> | Uint8Array;

/** Commands between services: a request with a reply, outside the log. */
export interface LanePort {
  /** Rejects with {@link LaneUnavailable} or {@link LaneRejected}. */
  request(
    subject: string,
    body: Uint8Array,
    timeoutMillis: number,
    context?: LaneContext,
  ): Promise<Uint8Array>;
  /**
   * Serves requests. A handler that throws {@link LaneRejected} answers with that rejection; any other error goes to `onError`, the
   * caller times out. Requests that were sent to the subject before and have no reply yet are given up with `new-server`, so that
   * nobody waits out his patience for a server that died.
   */
  serve(subject: string, handler: LaneHandler, onError: (error: Error) => void): Promise<Running>;
}

export interface ClockPort {
  /** Microseconds since the Unix epoch, never going back within a process. */
  nowMicros(): number;
  /** Runs `task` after the delay (0: soon, but not at once). Returns a function that cancels it. */
  after(delayMicros: number, task: () => void): () => void;
}

/** What could not be decoded or handled, with the reason; counted, and kept for an operator. */
export interface DeadLetter {
  /** Where it came from. */
  subject: string;
  unit: string;
  reason: string;
  body: Uint8Array;
  /** Its position, when it stands in the log. */
  sequence?: number;
}

export interface DeadLetterPort {
  /** Keeps a dead letter. Resolves when it is stored; never throws for a full store (it is then only counted and logged). */
  bury(letter: DeadLetter): Promise<void>;
}

/** A key of a bucket with its value. */
export interface KvEntry {
  key: string;
  value: Uint8Array;
  /** Position of the write in the bucket's one order, from 1: a later write of any key has a higher one. */
  revision: number;
}

/** The key was changed by somebody else: nothing was written. */
export class KvConflict extends Error {
  constructor(
    readonly key: string,
    readonly expectedRevision: number,
    options?: ErrorOptions,
  ) {
    super(
      `${key} was not written: it is not at revision ${expectedRevision}, somebody else was there`,
      options,
    );
    this.name = 'KvConflict';
  }
}

/** The store did not answer, or could not take the write; whether a write took effect is unknown. */
export class KvUnavailable extends Error {
  constructor(
    /** A key, or the prefix of several. */
    readonly key: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`the key-value store did not answer for '${key}' (${reason})`, options);
    this.name = 'KvUnavailable';
  }
}

/** The bucket was deleted, or deleted and made anew: what was known of it holds no more. */
export class KvLost extends Error {
  constructor(
    readonly bucket: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`the key-value bucket ${bucket} is lost: ${reason}`, options);
    this.name = 'KvLost';
  }
}

const KEY = /^[-/=\w]+(\.[-/=\w]+)*$/;

/** Throws `RangeError` for what no bucket takes as a key: dot-separated tokens of letters, digits and `-/_=`. */
export function assertKvKey(key: string): void {
  if (!KEY.test(key))
    throw new RangeError(`'${key}' is no key: expected tokens of letters, digits and -/_= with dots between`);
}

/** Throws `RangeError` for what begins no key: whole tokens, each with its dot, or nothing for all keys. */
export function assertKvPrefix(prefix: string): void {
  if (prefix === '') return;
  if (!prefix.endsWith('.') || !KEY.test(prefix.slice(0, -1)))
    throw new RangeError(`'${prefix}' is no prefix of keys: expected whole tokens, each followed by a dot`);
}

export interface KvWatchOptions {
  prefix: string;
  onEntry(entry: KvEntry): void;
  onDeleted(key: string, revision: number): void;
  onReady(): void;
  onError(error: Error): void;
}

/**
 * A small bucket of keys that several processes share; the last value of each key is kept. All but `watch` reject with
 * {@link KvUnavailable} when the store does not answer, with {@link KvLost} when it answers that there is no such bucket, and
 * with `RangeError` for a key or prefix that no bucket takes.
 */
export interface KvPort {
  get(key: string): Promise<KvEntry | undefined>;
  /**
   * Writes; with `expectedRevision` only if the key still has it (0: the key must be absent or deleted), otherwise rejects with
   * {@link KvConflict}. Resolves with the new revision. After {@link KvUnavailable} a retry may meet the own write as a conflict.
   */
  put(key: string, value: Uint8Array, expectedRevision?: number): Promise<number>;
  /** Deletes; with `expectedRevision` only if the key still has it, otherwise rejects with {@link KvConflict}. */
  delete(key: string, expectedRevision?: number): Promise<void>;
  /** Every key that begins with `prefix` (whole tokens, e.g. `member.iommu.`; empty for all), now, in the order of their writes. */
  entries(prefix: string): Promise<KvEntry[]>;
  /**
   * Tells what is there now, then `onReady` once, then every change, in order; a value that was overwritten before it could be
   * told may be left out. After an outage it goes on, and an entry may be told again. A bucket that was deleted or made anew ends
   * the watch through `onError` ({@link KvLost}), a throwing callback does too.
   */
  watch(options: KvWatchOptions): Promise<Running>;
}

/** The store of blobs did not answer, has no room, or holds a damaged blob. Whether a write took effect is unknown. */
export class BlobUnavailable extends Error {
  constructor(
    readonly blob: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`the blob '${blob}' could not be stored or read: ${reason}`, options);
    this.name = 'BlobUnavailable';
  }
}

/** Whole blobs by name, e.g. snapshots; the last one written counts. All reject with {@link BlobUnavailable}. */
export interface BlobPort {
  put(name: string, body: Uint8Array): Promise<void>;
  /** The blob as it was put, whole and checked, or `undefined` when there is none. */
  get(name: string): Promise<Uint8Array | undefined>;
  delete(name: string): Promise<void>;
  /** Names of all blobs that begin with `prefix`, in no order. */
  names(prefix: string): Promise<string[]>;
}
