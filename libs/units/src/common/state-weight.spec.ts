import { serialize } from 'node:v8';
import { weightOf } from './state-weight';

describe('the weight of a state', () => {
  it('counts what is in it, in any container', () => {
    expect(weightOf(new Uint32Array(100))).toBe(408);
    expect(weightOf('1234')).toBe(8);
    expect(weightOf(new Map([[1, [2, 3]]]))).toBe(8 + 4 + 8 + 8);
    expect(weightOf({ set: new Set([true]), nothing: undefined, none: null })).toBe(8 + 12 + 4 + 4);
  });

  it('is the same however the engine holds its numbers', () => {
    class Held {
      constructor(public number: number) {}
    }
    const whole = new Held(1);
    // From now on the engine keeps such numbers as fractions, also those that are whole.
    const fraction = new Held(1.5);
    fraction.number = 1;
    const plain = ({ number }: Held): { number: number } => ({ number });
    expect(serialize(fraction).length).not.toBe(serialize({ number: 1 }).length);
    expect(weightOf(fraction)).toBe(weightOf(plain(whole)));
  });

  it('is near the bytes that a state is stored with', () => {
    const state = {
      pages: new Map(Array.from({ length: 500 }, (_, page) => [page, { page, frames: new Uint32Array(64) }])),
    };
    const ratio = weightOf(state) / serialize(state).length;
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  });
});
