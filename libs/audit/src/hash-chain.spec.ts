import fc from 'fast-check';
import { canonicalBytes, chain, chainMessage, GENESIS_HASH, sameHash } from './hash-chain';
import type { LoggedMessage } from './message';

/** Not a hash: the bytes themselves, so that a difference shows where it is. */
const itself = (bytes: Uint8Array): Uint8Array => bytes.slice();

const message = fc.record({
  sequence: fc.integer({ min: 1, max: 2 ** 40 }),
  subject: fc.string({ unit: 'grapheme' }),
  headers: fc.record(
    {
      schema: fc.string(),
      version: fc.nat(0xffff),
      unit: fc.string({ unit: 'grapheme', maxLength: 300 }),
      epoch: fc.nat(),
      cycle: fc.nat(),
      traceparent: fc.string(),
    },
    { requiredKeys: ['schema', 'version', 'unit', 'epoch', 'cycle'] },
  ),
  body: fc.uint8Array({ maxLength: 40_000, size: 'max' }),
});

describe('the bytes that a hash chain covers', () => {
  it('are the same, copied or not', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 4 }), (messages: LoggedMessage[]) => {
        let previous = GENESIS_HASH;
        for (const each of messages) {
          const hash = chainMessage(previous, each, itself);
          expect(hash).toEqual(chain(previous, canonicalBytes(each), itself));
          previous = hash.slice(-32);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('are all there of a message that is larger than any before', () => {
    const headers = { schema: 'mm', version: 1, unit: 'mm.0', epoch: 1, cycle: 2 };
    const body = new Uint8Array(1 << 20).fill(7);
    const bytes = canonicalBytes({ sequence: 1, subject: 'a', headers, body });
    expect(bytes.subarray(-body.length).every((byte) => byte === 7)).toBe(true);
    const other = chainMessage(GENESIS_HASH, { sequence: 1, subject: 'a', headers, body }, itself);
    expect(sameHash(other, chain(GENESIS_HASH, bytes, itself))).toBe(true);
  });

  it('hold every part behind its length', () => {
    const headers = { schema: 'mm', version: 258, unit: 'é', epoch: 1, cycle: 2 };
    const bytes = canonicalBytes({ sequence: 1, subject: 'a', headers, body: Uint8Array.of(9) });
    expect([...bytes]).toEqual([
      ...[1, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
      ...[1, 0, 0, 0, 0x61],
      ...[2, 0, 0, 0, 0x6d, 0x6d],
      ...[2, 0, 0, 0, 0xc3, 0xa9],
      ...[0, 0, 0, 0],
      ...[2, 1],
      ...[0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
      ...[0, 0, 0, 0, 0, 0, 0, 0x40],
      ...[0, 1, 0, 0, 0, 9],
    ]);
  });
});
