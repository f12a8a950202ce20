import fc from 'fast-check';
import { MAX_RANGES, rangesOf } from './invalidation-ranges';

const pagesOf = (pages: number[]) => rangesOf(pages.map((page) => ({ page })));

test('neighbours are joined, in whatever order they come and however often', () => {
  expect(pagesOf([9, 3, 4, 4, 5, 11, 10])).toEqual([
    { page: 3, pages: 3 },
    { page: 9, pages: 3 },
  ]);
});

test('more ranges than one message takes become everything of the PASID', () => {
  const apart = (count: number) => pagesOf(Array.from({ length: count }, (_, place) => place * 2));
  expect(apart(MAX_RANGES)).toHaveLength(MAX_RANGES);
  expect(apart(MAX_RANGES + 1)).toEqual([{ page: 0, pages: 0 }]);
});

test('ranges cover the pages and nothing else', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(60), { maxLength: 40 }), (pages) => {
      const covered = pagesOf(pages).flatMap(({ page, pages: count }) =>
        Array.from({ length: count }, (_, place) => page + place),
      );
      expect(covered).toEqual([...new Set(pages)].sort((one, other) => one - other));
    }),
  );
});
