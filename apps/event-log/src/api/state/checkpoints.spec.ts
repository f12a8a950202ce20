import { Checkpoints } from './checkpoints';

const checkpoint = (sequence: number, bytes = 10) => ({ sequence, bytes: new Uint8Array(bytes) });

it('give the last one that is not after a moment', () => {
  const checkpoints = new Checkpoints(1_000);
  for (const sequence of [30, 10, 20, 20]) checkpoints.keep('a', checkpoint(sequence));
  const before = (sequence: number) => checkpoints.before('a', sequence)?.sequence;
  expect([9, 10, 19, 20, 29, 31].map(before)).toEqual([undefined, 10, 10, 20, 20, 30]);
  expect([checkpoints.before('b', 100), checkpoints.bytes]).toEqual([undefined, 30]);
});

it('hold no more than they may: units that nobody asks for go first, then every other moment', () => {
  const checkpoints = new Checkpoints(40);
  for (const key of ['old', 'asked'])
    for (const sequence of [1, 2]) checkpoints.keep(key, checkpoint(sequence));
  expect(checkpoints.before('old', 9)?.sequence).toBe(2);
  checkpoints.keep('new', checkpoint(1));
  expect([checkpoints.before('asked', 9), checkpoints.before('old', 9)?.sequence]).toEqual([undefined, 2]);
  for (const sequence of [2, 3, 4, 5]) checkpoints.keep('new', checkpoint(sequence));
  expect(checkpoints.before('old', 9)).toBeUndefined();
  expect([1, 2, 3, 4, 5].map((at) => checkpoints.before('new', at)?.sequence)).toEqual([
    undefined,
    2,
    2,
    4,
    4,
  ]);
  expect(checkpoints.bytes).toBe(20);
  checkpoints.keep('huge', checkpoint(1, 100));
  expect([checkpoints.before('huge', 9), checkpoints.bytes]).toEqual([undefined, 0]);
});
