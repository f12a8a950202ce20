import { ChainCheck, type ChainBreak, type ChainCheckOptions } from './chain-check';
import type { Findings } from './findings';
import type { LoggedMessage } from './message';
import type { ChainReport } from './report';

/** I4: sequences without a gap, every stored hash the one that follows from what is before it, and the chain the published one. */
export class SequenceCheck {
  private readonly chain: ChainCheck;
  private first: ChainBreak | null = null;
  private readonly headsTo: number;
  private isFinished = false;

  constructor(
    private readonly findings: Findings,
    private readonly options: Omit<ChainCheckOptions, 'onBreak'>,
  ) {
    const { sha256, published = [] } = options;
    this.chain = new ChainCheck({ ...options, onBreak: (found) => this.take(found) });
    this.headsTo = published.reduce((furthest, { position }) => Math.max(furthest, position), 0);
    if (!sha256) findings.note('I4', 'only sequences were looked at: no hash chain was given');
    else if (published.length === 0)
      findings.note(
        'I4',
        'no published head was given: a record that was rewritten as a whole does not show',
      );
  }

  observe(message: LoggedMessage, hash: Uint8Array | undefined): void {
    this.findings.check('I4');
    this.chain.observe(message, hash);
  }

  report(): ChainReport {
    if (!this.isFinished) this.chain.finish();
    this.isFinished = true;
    return { first: this.first, heads: this.options.published?.length ?? 0, headsTo: this.headsTo };
  }

  private take(found: ChainBreak): void {
    this.first ??= found;
    const { fault, sequence, subject, sentence } = found;
    const what = subject === null ? `message ${sequence}` : `message ${sequence} on ${subject}`;
    this.findings.violate('I4', sequence, what, `${fault}: ${sentence}`);
  }
}
