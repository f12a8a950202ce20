import { decodeHead, encodeHead, headOf, headText, HeadUnreadable } from './published-head';

const hash = Uint8Array.from({ length: 32 }, (_, place) => place * 8);

describe('a published head', () => {
  it('is read as it was written, and by eyes', () => {
    expect(decodeHead(encodeHead({ position: 1024, hash }))).toEqual({ position: 1024, hash });
    expect(headText({ position: 7, hash }).hash).toMatch(/^00081018[0-9a-f]{56}$/);
  });

  it.each([
    ['nothing', null],
    ['a text', 'head'],
    ['no position', { hash: '00'.repeat(32) }],
    ['a position before the first', { position: 0, hash: '00'.repeat(32) }],
    ['a short hash', { position: 1, hash: '00' }],
    ['a hash that is none', { position: 1, hash: 'zz'.repeat(32) }],
  ])('is not %s', (_what, value) => {
    expect(() => headOf(value)).toThrow(HeadUnreadable);
    expect(() => decodeHead(new TextEncoder().encode(JSON.stringify(value)))).toThrow(HeadUnreadable);
  });

  it('is not what is no JSON', () => {
    expect(() => decodeHead(Uint8Array.of(1, 2))).toThrow(HeadUnreadable);
  });
});
