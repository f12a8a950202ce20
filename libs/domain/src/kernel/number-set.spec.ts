import * as fc from 'fast-check';
import { NumberSet } from './number-set';

describe('NumberSet', () => {
  it('is a set', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20_000 }), { maxLength: 200 }), (numbers) => {
        const set = new NumberSet();
        const model = new Set<number>();
        for (const number of numbers) {
          expect(set.add(number)).toBe(!model.has(number));
          model.add(number);
        }
        expect(set.size).toBe(model.size);
        for (const number of numbers)
          expect([set.has(number), set.has(number + 1)]).toEqual([true, model.has(number + 1)]);
      }),
    );
  });

  it('takes ranges as it would their numbers, and tells which were there', () => {
    const range = fc.record({ first: fc.nat({ max: 20_000 }), count: fc.nat({ max: 15_000 }) });
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 30_000 }), { maxLength: 20 }),
        range,
        (numbers, { first, count }) => {
          const [set, model] = [new NumberSet(), new NumberSet()];
          for (const number of numbers) expect(set.add(number)).toBe(model.add(number));
          const present: number[] = [];
          set.addRange(first, count, (number) => present.push(number));
          const expected: number[] = [];
          for (let number = first; number < first + count; number += 1)
            if (!model.add(number)) expected.push(number);
          expect(present).toEqual(expected);
          expect([set.size, set.chunksHeld]).toEqual([model.size, model.chunksHeld]);
          for (const number of [...numbers, first - 1, first, first + count - 1, first + count])
            if (number >= 0) expect(set.has(number)).toBe(model.has(number));
        },
      ),
    );
  });

  it('tells its numbers as ranges, as few as there can be', () => {
    const range = fc.record({ first: fc.nat({ max: 9_000 }), count: fc.integer({ min: 1, max: 5_000 }) });
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 200 })), fc.array(range, { maxLength: 4 }), (numbers, runs) => {
        const set = new NumberSet();
        for (const number of numbers) set.add(number);
        for (const { first, count } of runs) set.addRange(first, count, () => undefined);
        const expected: { first: number; count: number }[] = [];
        for (let number = 0; number < 20_000; number += 1) {
          const last = expected.at(-1);
          if (!set.has(number)) continue;
          if (last && last.first + last.count === number) last.count += 1;
          else expected.push({ first: number, count: 1 });
        }
        expect(set.ranges()).toEqual(expected);
      }),
    );
  });

  it('a range of a thousand million numbers costs a look at each chunk', () => {
    const set = new NumberSet();
    set.addRange(5, 1_000_000_000, () => fail('nothing was there before'));
    expect([set.size, set.has(4), set.has(5), set.has(1_000_000_004), set.has(1_000_000_005)]).toEqual([
      1_000_000_000,
      false,
      true,
      true,
      false,
    ]);
  });

  it('holds nothing for numbers that all came, in any order', () => {
    const set = new NumberSet();
    for (let number = 65_535; number >= 0; number -= 1) set.add(number);
    expect([set.size, set.chunksHeld, set.has(65_535), set.has(65_536)]).toEqual([65_536, 0, true, false]);
  });

  it('takes numbers of 48 bits', () => {
    const set = new NumberSet();
    expect([set.add(2 ** 47 + 5), set.has(2 ** 47 + 5), set.has(5)]).toEqual([true, true, false]);
  });
});
