import fc from 'fast-check';
import {
  ascendingEntriesOf,
  createPageMap,
  entriesOf,
  erasePage,
  hasPage,
  NO_VALUE,
  type PageMap,
  pagesBetween,
  readPage,
  writePage,
} from './page-map';
import { MAX_PAGE } from './vocabulary';

/** Neighbourhoods at both ends of the page numbers and around leaves, and pages anywhere. */
const page = fc.oneof(
  fc.nat(100),
  fc.nat(100).map((distance) => MAX_PAGE - distance),
  fc.integer({ min: 0, max: MAX_PAGE }),
);
const value = fc.oneof(fc.nat(3), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 }));
interface Step {
  page: number;
  /** Absent to erase the page. */
  value: number | undefined;
}
const step: fc.Arbitrary<Step> = fc.record({ page, value: fc.option(value, { nil: undefined }) });
const steps = fc.array(step, { maxLength: 300, size: 'max' });

function take(map: PageMap, next: Step): void {
  if (next.value === undefined) erasePage(map, next.page);
  else writePage(map, next.page, next.value);
}

function fold(history: readonly Step[]): PageMap {
  const map = createPageMap();
  for (const next of history) take(map, next);
  return map;
}

const ascending = (pages: Iterable<number>): number[] => [...pages].sort((one, other) => one - other);

test('holds what a Map holds', () => {
  fc.assert(
    fc.property(steps, page, fc.nat(200), (history, start, length) => {
      const map = createPageMap();
      const model = new Map<number, number>();
      for (const next of history) {
        if (next.value === undefined) expect(hasPage(map, next.page)).toBe(model.delete(next.page));
        else model.set(next.page, next.value);
        take(map, next);
        expect(readPage(map, next.page)).toBe(model.get(next.page) ?? NO_VALUE);
        expect(map.size).toBe(model.size);
      }
      for (const [each, expected] of model) expect(readPage(map, each)).toBe(expected);
      expect(new Map(entriesOf(map))).toEqual(model);
      expect([...ascendingEntriesOf(map)]).toEqual([...model].sort(([one], [other]) => one - other));
      const inside = [...model.keys()].filter((each) => each >= start && each < start + length);
      expect(pagesBetween(map, start, start + length)).toEqual(ascending(inside));
      expect(pagesBetween(map, 0, MAX_PAGE + 1)).toEqual(ascending(model.keys()));
    }),
  );
});

test('erasing tells whether there was a value', () => {
  const map = createPageMap();
  writePage(map, 5, 0);
  expect([erasePage(map, 4), erasePage(map, 5), erasePage(map, 5), erasePage(map, 5000)]).toEqual([
    false,
    true,
    false,
    false,
  ]);
});

test('is the same after the same history, and a clone goes on like the original', () => {
  fc.assert(
    fc.property(steps, steps, (before, after) => {
      const map = fold(before);
      const clone = structuredClone(map);
      expect(clone).toEqual(map);
      for (const next of after) take(clone, next);
      const whole = fold([...before, ...after]);
      expect(clone).toEqual(whole);
      expect([...entriesOf(clone)]).toEqual([...entriesOf(whole)]);
    }),
    { numRuns: 30 },
  );
});

test('goes through pages in ascending order within a neighbourhood, and may be erased from meanwhile', () => {
  const map = createPageMap();
  for (const each of [1000, 3, 1, 1001, 2]) writePage(map, each, each * 10);
  const seen: number[] = [];
  for (const [each] of entriesOf(map)) {
    seen.push(each);
    erasePage(map, each);
  }
  expect(seen).toEqual([1000, 1001, 1, 2, 3]);
  expect(map.size).toBe(0);
});

test('a leaf without pages makes room for the next one', () => {
  const map = createPageMap();
  for (let each = 0; each < 100_000; each += 1000) {
    writePage(map, each, 1);
    erasePage(map, each);
  }
  expect(map.values.length).toBe(32);
});
