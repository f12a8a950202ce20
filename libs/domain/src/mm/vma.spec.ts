import fc from 'fast-check';
import {
  type Vma,
  filePageAt,
  findVma,
  insertVma,
  intersects,
  isProtectedOtherwise,
  protectRange,
  removeRange,
} from './vma';

const SPACE = 40;

/** The same in the simplest way: for each page the file page it shows. */
type Pages = (number | undefined)[];

function pagesOf(vmas: readonly Vma[]): Pages {
  return Array.from({ length: SPACE }, (_, page) => {
    const vma = findVma(vmas, page);
    return vma === undefined ? undefined : filePageAt(vma, page);
  });
}

test('areas stay sorted and apart, and every page shows what a plain table says', () => {
  const step = fc.tuple(fc.boolean(), fc.nat(SPACE - 1), fc.integer({ min: 1, max: 12 }), fc.nat(1000));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const vmas: Vma[] = [];
      const table: Pages = new Array<number | undefined>(SPACE).fill(undefined);
      for (const [isMap, start, length, filePage] of steps) {
        const end = Math.min(SPACE, start + length);
        const isTaken = table.slice(start, end).some((shown) => shown !== undefined);
        expect(intersects(vmas, start, end)).toBe(isTaken);
        if (isMap && isTaken) continue;
        if (isMap) insertVma(vmas, { start, end, permissions: 7, backing: 'file-shared', file: 1, filePage });
        else removeRange(vmas, start, end);
        for (let page = start; page < end; page += 1)
          table[page] = isMap ? filePage + page - start : undefined;
        expect(pagesOf(vmas)).toEqual(table);
        vmas.forEach((vma, place) => {
          expect(vma.start).toBeLessThan(vma.end);
          expect(vma.start).toBeGreaterThanOrEqual(vmas[place - 1]?.end ?? 0);
        });
      }
    }),
  );
});

test('permissions change in the range and nowhere else, whatever the areas are', () => {
  const step = fc.tuple(fc.boolean(), fc.nat(SPACE - 1), fc.integer({ min: 1, max: 12 }), fc.nat(7));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const vmas: Vma[] = [];
      const table = new Array<number | undefined>(SPACE).fill(undefined);
      for (const [isMap, start, length, permissions] of steps) {
        const end = Math.min(SPACE, start + length);
        if (isMap && intersects(vmas, start, end)) continue;
        const shownBefore = pagesOf(vmas);
        if (isMap)
          insertVma(vmas, { start, end, permissions, backing: 'file-shared', file: 1, filePage: start });
        else {
          const isOther = table.slice(start, end).some((bits) => bits !== undefined && bits !== permissions);
          expect(isProtectedOtherwise(vmas, start, end, permissions)).toBe(isOther);
          protectRange(vmas, start, end, permissions);
          expect(pagesOf(vmas)).toEqual(shownBefore);
        }
        for (let page = start; page < end; page += 1)
          if (isMap || table[page] !== undefined) table[page] = permissions;
        const shown = Array.from({ length: SPACE }, (_, page) => findVma(vmas, page)?.permissions);
        expect(shown).toEqual(table);
      }
    }),
  );
});
