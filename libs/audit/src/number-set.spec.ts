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
