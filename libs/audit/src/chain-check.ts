import { canonicalBytes, chain, GENESIS_HASH, sameHash, type Sha256 } from './hash-chain';
import type { LoggedMessage } from './message';

/**
 * How a record can be broken, each told apart.
 *
 * - `missing`: sequences are not there.
 * - `misplaced`: a message stands after a later one.
 * - `altered`: a message's content was changed; its hash and the one after it are still those of the original.
 * - `broken-link`: a hash was changed or is missing, or a message and its neighbours fit in no way.
 * - `rewritten`: the chain is whole in itself, but is not the one that was published: content was changed and the hashes made anew.
 */
export type ChainFault = 'missing' | 'misplaced' | 'altered' | 'broken-link' | 'rewritten';

/** One place where a record is not whole. Plain data, for JSON. */
export interface ChainBreak {
  fault: ChainFault;
  /** Sequence of the message it is about; the first of those that are missing; the published position for what was rewritten. */
  sequence: number;
  /** Subject of the message; null for what is missing. */
  subject: string | null;
  /** What is wrong, in one sentence. */
  sentence: string;
}

/** Where a chain was at a position: from the record itself, or published elsewhere while the record was written. */
export interface ChainHead {
  position: number;
  hash: Uint8Array;
}

export interface ChainCheckOptions {
  /** Without it hashes are not looked at. */
  sha256?: Sha256;
  /** Where the record has to begin; 1 by default. */
  firstSequence?: number;
  /** What the first message is chained to; the genesis hash by default. */
  previousHash?: Uint8Array;
  /** Where the record says that it ends. */
  end?: ChainHead;
  /** Heads that were published elsewhere, which nobody who rewrites the record alone can change. */
  published?: readonly ChainHead[];
  onBreak(found: ChainBreak): void;
}

/** A message that does not follow from the one before it; what comes next tells which of the two hashes is the original. */
interface Suspect {
  message: Pick<LoggedMessage, 'sequence' | 'subject'>;
  stored: Uint8Array;
  computed: Uint8Array;
}

/** Follows a record and its hash chain, message by message, and says for each break what kind it is. */
export class ChainCheck {
  private readonly published: Map<number, Uint8Array>;
  private expected: number;
  private previousHash: Uint8Array | undefined;
  private suspect: Suspect | undefined;
  private isRewritten = false;

  constructor(private readonly options: ChainCheckOptions) {
    this.expected = options.firstSequence ?? 1;
    this.previousHash = options.previousHash ?? GENESIS_HASH;
    this.published = new Map(options.published?.map(({ position, hash }) => [position, hash]));
  }

  observe(message: LoggedMessage, hash: Uint8Array | undefined): void {
    if (!this.isInPlace(message)) return;
    const { sha256 } = this.options;
    if (!sha256) return;
    const { sequence, subject } = message;
    if (!hash) {
      this.giveUpSuspect();
      this.previousHash = undefined;
      return this.found('broken-link', sequence, subject, 'its hash is missing');
    }
    const canonical = canonicalBytes(message);
    this.settleSuspect((previous) => sameHash(chain(previous, canonical, sha256), hash));
    const computed = this.previousHash && chain(this.previousHash, canonical, sha256);
    this.previousHash = hash;
    if (computed && !sameHash(computed, hash)) this.suspect = { message, stored: hash, computed };
    this.comparePublished(sequence, hash);
  }

  /** What only the end can show. To be called once, after the last message. */
  finish(): void {
    const { end } = this.options;
    const last = this.expected - 1;
    if (this.suspect && end?.position === this.suspect.message.sequence)
      this.settleSuspect((previous) => sameHash(previous, end.hash));
    this.giveUpSuspect();
    const stated = end?.position ?? 0;
    let beyond = stated;
    for (const position of this.published.keys()) beyond = Math.max(beyond, position);
    if (beyond > last) {
      const source = beyond === stated ? 'the record says that it ends' : 'a head was published';
      const sentence = `${areMissing(beyond - last)} at the end: ${source} at ${beyond}`;
      return this.found('missing', last + 1, null, sentence);
    }
    const isOther = end?.position === last && this.previousHash && !sameHash(this.previousHash, end.hash);
    if (isOther && this.options.sha256)
      this.found('broken-link', last, null, 'its hash is not the one that the record says it ends with');
  }

  /** Whether the message stands behind all that were there before. One that does not is passed over: those behind it do not follow it. */
  private isInPlace({ sequence, subject }: LoggedMessage): boolean {
    const { expected } = this;
    if (sequence < expected) {
      const sentence = `it stands after a later message, expected sequence ${expected}`;
      this.found('misplaced', sequence, subject, sentence);
      return false;
    }
    this.expected = sequence + 1;
    if (sequence === expected) return true;
    this.giveUpSuspect();
    // What is missing cannot be hashed: the chain goes on from the hash that is stored here.
    this.previousHash = undefined;
    const missing = areMissing(sequence - expected);
    this.found('missing', expected, null, `${missing} before sequence ${sequence}`);
    return true;
  }

  /** With `fits` whether the next message, or the end of the record, was made after a hash. */
  private settleSuspect(fits: (previous: Uint8Array) => boolean): void {
    const { suspect } = this;
    if (!suspect) return;
    const { sequence, subject } = suspect.message;
    if (fits(suspect.stored)) {
      this.suspect = undefined;
      return this.found(
        'altered',
        sequence,
        subject,
        'its content was changed: its hash, and the next that follows from it, are of another content',
      );
    }
    if (fits(suspect.computed)) {
      this.suspect = undefined;
      this.previousHash = suspect.computed;
      return this.found(
        'broken-link',
        sequence,
        subject,
        'its stored hash was changed: its content fits the hashes before and after it',
      );
    }
    this.giveUpSuspect();
    // Neither is what the next one was made after: it is looked at again from its own hash on.
    this.previousHash = undefined;
  }

  private giveUpSuspect(): void {
    const { suspect } = this;
    if (!suspect) return;
    this.suspect = undefined;
    const { sequence, subject } = suspect.message;
    this.found(
      'broken-link',
      sequence,
      subject,
      'its hash does not follow from its content and the hash before it, and nothing after it tells which was changed',
    );
  }

  private comparePublished(sequence: number, hash: Uint8Array): void {
    const published = this.published.get(sequence);
    // Every head after the first that differs differs too.
    if (!published || this.isRewritten || sameHash(published, hash)) return;
    // A changed hash is found as a broken link; what is rewritten fits together.
    if (this.suspect) return this.settleSuspect((previous) => sameHash(previous, published));
    this.isRewritten = true;
    const before = Math.max(0, ...[...this.published.keys()].filter((position) => position < sequence));
    const sentence = `the record up to here is not the one whose head was published: a message from ${before + 1} to ${sequence} was changed and the hashes made anew`;
    this.found('rewritten', sequence, null, sentence);
  }

  private found(fault: ChainFault, sequence: number, subject: string | null, sentence: string): void {
    this.options.onBreak({ fault, sequence, subject, sentence });
  }
}

const areMissing = (count: number): string =>
  count === 1 ? 'a message is missing' : `${count} messages are missing`;
