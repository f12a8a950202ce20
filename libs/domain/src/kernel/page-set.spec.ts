import fc from 'fast-check';
import { addToSet, createPageSet, isInSet, pagesOf, takeFromSet, takeRangeFromSet } from './page-set';
import { MAX_PAGE } from './vocabulary';

const page = fc.oneof(
  fc.nat(100),
  fc.nat(100).map((distance) => MAX_PAGE - distance),
  fc.integer({ min: 0, max: MAX_PAGE }),
);
const range = fc.oneof(
  fc.tuple(page, fc.integer({ min: 1, max: 80 })).map(([start, length]) => ({ start, end: start + length })),
  fc.constant({ start: 0, end: MAX_PAGE + 1 }),
);
const step = fc.oneof(
  { weight: 10, arbitrary: page.map((each) => ({ add: each })) },
  { weight: 5, arbitrary: page.map((each) => ({ take: each })) },
  { weight: 1, arbitrary: range },
);

test('holds what a Set holds', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
      const set = createPageSet();
      const model = new Set<number>();
      for (const next of steps) {
        if ('add' in next) {
          expect(addToSet(set, next.add)).toBe(!model.has(next.add));
          model.add(next.add);
        } else if ('take' in next) {
          expect(takeFromSet(set, next.take)).toBe(model.delete(next.take));
        } else {
          const gone = [...model].filter((each) => each >= next.start && each < next.end);
          for (const each of gone) model.delete(each);
          expect(takeRangeFromSet(set, next.start, next.end)).toBe(gone.length);
          for (const each of gone) expect(isInSet(set, each)).toBe(false);
        }
        expect(set.size).toBe(model.size);
      }
      for (const each of model) expect(isInSet(set, each)).toBe(true);
      expect([...pagesOf(set)]).toEqual([...model].sort((one, other) => one - other));
      for (const each of model) takeFromSet(set, each);
      expect(set).toEqual(createPageSet());
    }),
  );
});
