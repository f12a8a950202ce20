import { hashesOf, toySha256 } from './auditor.testkit';
import { type ChainBreak, ChainCheck } from './chain-check';
import { goodLog } from './log.testkit';

const log = goodLog();
const hashes = hashesOf(log);

/** What is found when the messages of these sequences are read in this order. */
function breaksOf(sequences: readonly number[], isEnd = true): string[] {
  const found: ChainBreak[] = [];
  const last = Math.max(...sequences);
  const check = new ChainCheck({
    sha256: toySha256,
    ...(isEnd ? { end: { position: last, hash: hashes[last - 1] ?? new Uint8Array() } } : {}),
    onBreak: (each) => found.push(each),
  });
  for (const sequence of sequences) {
    const message = log[sequence - 1];
    if (!message) throw new Error(`no message ${sequence}`);
    check.observe(message, hashes[sequence - 1]);
  }
  check.finish();
  return found.map(({ fault, sequence, sentence }) => `${fault} ${sequence}: ${sentence}`);
}

describe('a chain', () => {
  it('is whole when every message is there, in order', () => {
    expect(breaksOf([1, 2, 3, 4, 5])).toEqual([]);
  });

  it('says what is missing, one or several', () => {
    expect(breaksOf([1, 2, 4, 7])).toEqual([
      'missing 3: a message is missing before sequence 4',
      'missing 5: 2 messages are missing before sequence 7',
    ]);
  });

  it('says what is misplaced, and misses nothing that stands before it', () => {
    expect(breaksOf([1, 2, 4, 3, 5])).toEqual([
      'missing 3: a message is missing before sequence 4',
      'misplaced 3: it stands after a later message, expected sequence 5',
    ]);
    expect(breaksOf([1, 2, 3, 2, 4], false)).toEqual([
      'misplaced 2: it stands after a later message, expected sequence 4',
    ]);
  });

  it('ends where the record says', () => {
    const found: string[] = [];
    const end = { position: 2, hash: hashes[1] ?? new Uint8Array() };
    const check = new ChainCheck({ sha256: toySha256, end, onBreak: ({ sentence }) => found.push(sentence) });
    check.observe(log[0] as (typeof log)[number], hashes[0]);
    check.finish();
    expect(found).toEqual(['a message is missing at the end: the record says that it ends at 2']);
  });
});
