import * as fc from 'fast-check';
import { Numbered } from './numbered';

describe('Numbered', () => {
  it('holds what a Map would hold', () => {
    const step = fc.record({
      add: fc.boolean(),
      gap: fc.constantFrom(1, 1, 1, 64, 4096, 8191),
      at: fc.nat({ max: 200 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
        const numbered = new Numbered<{ n: number }>();
        const model = new Map<number, { n: number }>();
        let last = 2 ** 31 - 50;
        for (const { add, gap, at } of steps) {
          if (add) {
            last += gap;
            model.set(last, { n: last });
            numbered.add(last, { n: last });
          } else {
            const number = [...model.keys()][at] ?? at;
            model.delete(number);
            numbered.delete(number);
          }
          expect(numbered.size).toBe(model.size);
        }
        for (const [number, thing] of model) expect(numbered.get(number)).toEqual(thing);
        expect(numbered.get(last + 1)).toBeUndefined();
        expect(numbered.list()).toEqual([...model.values()]);
        expect(numbered.clear()).toEqual([...model.values()]);
        expect([numbered.size, numbered.get(last)]).toEqual([0, undefined]);
        numbered.add(last, { n: last });
        expect(numbered.list()).toEqual([{ n: last }]);
      }),
    );
  });

  it('gives numbers that are not in hand, rising, and from the beginning again after the last of 32 bits', () => {
    const numbered = new Numbered<{ n: number }>();
    const take = (): number => {
      const n = numbered.free();
      numbered.add(n, { n });
      return n;
    };
    expect([take(), take(), take()]).toEqual([1, 2, 3]);
    numbered.delete(2);
    numbered.add(4, { n: 4 });
    expect(take()).toBe(5);
    Object.assign(numbered, { last: 2 ** 32 - 2 });
    expect([take(), take(), take(), take()]).toEqual([2 ** 32 - 1, 0, 2, 6]);
  });
});
