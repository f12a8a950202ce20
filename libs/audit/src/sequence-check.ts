import type { Findings } from './findings';
import { canonicalBytes, chain, GENESIS_HASH, sameHash, type Sha256 } from './hash-chain';
import type { LoggedMessage } from './message';

/** I4: sequences without a gap, and every stored hash is the one that follows from the messages before it. */
export class SequenceCheck {
  private expected: number;
  private previousHash: Uint8Array | undefined;

  /**
   * `firstSequence` is where the log has to begin; `previousHash` what its first message is chained to. Without `sha256` hashes
   * are not looked at.
   */
  constructor(
    private readonly findings: Findings,
    private readonly sha256: Sha256 | undefined,
    firstSequence: number,
    previousHash: Uint8Array = GENESIS_HASH,
  ) {
    this.expected = firstSequence;
    this.previousHash = previousHash;
    if (!sha256) findings.note('I4', 'only sequences were looked at: no hash chain was given');
  }

  observe(message: LoggedMessage, hash: Uint8Array | undefined): void {
    const { sequence, subject } = message;
    this.findings.check('I4');
    if (sequence !== this.expected) {
      const sentence =
        sequence > this.expected
          ? `${sequence - this.expected} messages are missing before it`
          : 'it stands after a later message';
      this.findings.violate(
        'I4',
        sequence,
        `message ${sequence} on ${subject}`,
        `${sentence}, expected sequence ${this.expected}`,
      );
      // What is missing cannot be hashed: the chain goes on from the hash that is stored here.
      this.previousHash = undefined;
    }
    this.expected = sequence + 1;
    if (!this.sha256) return;
    if (!hash) {
      this.findings.violate('I4', sequence, `message ${sequence} on ${subject}`, 'its hash is missing');
      return;
    }
    if (
      this.previousHash &&
      !sameHash(chain(this.previousHash, canonicalBytes(message), this.sha256), hash)
    ) {
      const sentence =
        'its hash does not follow from its content and the hash before it: one of the two was changed';
      this.findings.violate('I4', sequence, `message ${sequence} on ${subject}`, sentence);
    }
    this.previousHash = hash;
  }
}
