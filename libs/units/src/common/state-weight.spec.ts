import { weightOf } from './state-weight';

describe('the weight of a state', () => {
  it('counts what is in it, in any container', () => {
    expect(weightOf(new Uint32Array(100))).toBe(408);
    expect(weightOf('1234')).toBe(8);
    expect(weightOf(new Map([[1, [2, 3]]]))).toBe(8 + 4 + 8 + 8);
    expect(weightOf({ set: new Set([true]), nothing: undefined, none: null })).toBe(8 + 12 + 4 + 4);
  });

  it('is the same of a state that was stored and read again', () => {
    const state = { pages: new Map([[1, { frames: new Uint32Array(4), shared: new Set(['a']) }]]) };
    expect(weightOf(structuredClone(state))).toBe(weightOf(state));
  });
});
