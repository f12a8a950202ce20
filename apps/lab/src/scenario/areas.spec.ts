import * as fc from 'fast-check';
import { areasOf, type PageRange } from './areas';

describe('areas of an address space', () => {
  const r = 1;
  const w = 2;
  const areas = (...ranges: [start: number, end: number, permissions: number][]) =>
    areasOf(ranges.map(([start, end, permissions]) => ({ start, end, permissions }))).map((vma) => [
      vma.startPage,
      vma.startPage + vma.pages,
      vma.permissions,
    ]);

  test('ranges apart stay apart, in order', () => {
    expect(areas([30, 40, r], [10, 20, w])).toEqual([
      [10, 20, w],
      [30, 40, r],
    ]);
  });

  test('overlapping ranges become one area with the permissions of both', () => {
    expect(areas([10, 20, r], [15, 30, w], [29, 31, r])).toEqual([[10, 31, r | w]]);
  });

  test('neighbours join only when their permissions are equal', () => {
    expect(areas([10, 20, r], [20, 30, r], [30, 40, w])).toEqual([
      [10, 30, r],
      [30, 40, w],
    ]);
  });

  test('program text is readable, since a translation cannot express an execute-only page (R5)', () => {
    expect(areas([10, 20, 4])).toEqual([[10, 20, 5]]);
  });

  test('every range lies in one area that permits it, and areas never overlap', () => {
    const range = fc.record({
      start: fc.nat(200),
      length: fc.integer({ min: 1, max: 40 }),
      permissions: fc.integer({ min: 1, max: 7 }),
    });
    fc.assert(
      fc.property(fc.array(range, { maxLength: 30 }), (drawn) => {
        const ranges: PageRange[] = drawn.map(({ start, length, permissions }) => ({
          start,
          end: start + length,
          permissions,
        }));
        const found = areasOf(ranges);
        for (const { start, end, permissions } of ranges) {
          const around = found.filter(
            (area) => area.startPage <= start && end <= area.startPage + area.pages,
          );
          expect(around).toHaveLength(1);
          expect((around[0]?.permissions ?? 0) & permissions).toBe(permissions);
        }
        found.slice(1).forEach((area, place) => {
          const before = found[place];
          expect(area.startPage).toBeGreaterThanOrEqual((before?.startPage ?? 0) + (before?.pages ?? 0));
        });
      }),
    );
  });
});
