import { NO_ENTRY } from '../kernel/page-entry';
import { createIotlb, evolveDrop, evolveFill, type Iotlb, lookUp } from './iotlb';

/** Which of these pages of mm 4 are cached. */
const cachedOf = (iotlb: Iotlb, pages: readonly number[]): number[] =>
  pages.filter((page) => lookUp(iotlb, 4, page) !== NO_ENTRY);

function filled(capacity: number, pages: readonly number[]): Iotlb {
  const iotlb = createIotlb(capacity);
  for (const page of pages) evolveFill(iotlb, 4, page, 100 + page);
  return iotlb;
}

describe('the IOTLB', () => {
  it('R24 finds what was cached, by mm and page, and nothing else', () => {
    const iotlb = filled(4, [1, 2]);
    evolveFill(iotlb, 5, 1, 777);
    expect([lookUp(iotlb, 4, 1), lookUp(iotlb, 4, 2), lookUp(iotlb, 5, 1)]).toEqual([101, 102, 777]);
    expect([lookUp(iotlb, 4, 3), lookUp(iotlb, 6, 1)]).toEqual([NO_ENTRY, NO_ENTRY]);
  });

  it('pushes the oldest entry out, round and round', () => {
    const pages = [1, 2, 3, 4, 5, 6, 7];
    expect(pages.map((last) => cachedOf(filled(3, pages.slice(0, last)), pages))).toEqual([
      [1],
      [1, 2],
      [1, 2, 3],
      [2, 3, 4],
      [3, 4, 5],
      [4, 5, 6],
      [5, 6, 7],
    ]);
  });

  it('R125 an entry that is cached again is renewed in its place', () => {
    const iotlb = filled(2, [1]);
    evolveFill(iotlb, 4, 1, 555);
    evolveFill(iotlb, 4, 2, 102);
    expect([lookUp(iotlb, 4, 1), lookUp(iotlb, 4, 2)]).toEqual([555, 102]);
  });

  it('an empty slot holds nothing that could be pushed out, not even page 0 of mm 0', () => {
    const iotlb = createIotlb(3);
    for (const page of [0, 1, 2]) evolveFill(iotlb, 0, page, page);
    expect([0, 1, 2].map((page) => lookUp(iotlb, 0, page))).toEqual([0, 1, 2]);
  });

  it('a slot whose entry was dropped does not push out the same page, which is cached elsewhere by then', () => {
    const iotlb = filled(3, [1]);
    evolveDrop(iotlb, 4, 1, 1);
    for (const page of [1, 2, 3]) evolveFill(iotlb, 4, page, 100 + page);
    expect(cachedOf(iotlb, [1, 2, 3])).toEqual([1, 2, 3]);
  });

  it('without any capacity keeps nothing, not even the names of the mms', () => {
    const iotlb = filled(0, [1, 2]);
    expect(cachedOf(iotlb, [1, 2])).toEqual([]);
    expect(iotlb.slots.size).toBe(0);
  });
});

describe('dropping from the IOTLB', () => {
  const pages = [1, 2, 3, 4, 20];

  it.each([
    ['R25 a range narrower than the cache', 2, 2, [1, 4, 20]],
    ['R25 a range wider than the cache', 4, 16, [1, 2, 3, 20]],
    ['R25 a range wider than the cache up to its last page', 4, 17, [1, 2, 3]],
    ['R25 pages that are not cached', 5, 3, pages],
    ['R25 every page', 9, 0, []],
  ])('%s', (_name, page, count, left) => {
    const iotlb = filled(8, pages);
    evolveFill(iotlb, 5, page, 777);
    evolveDrop(iotlb, 4, page, count);
    expect(cachedOf(iotlb, pages)).toEqual(left);
    expect(lookUp(iotlb, 5, page)).toBe(777);
  });

  it('R25 concerns every mm when it names none, and an mm that nothing is cached of', () => {
    const iotlb = filled(8, pages);
    evolveFill(iotlb, 5, 2, 777);
    evolveDrop(iotlb, 6, 2, 1);
    evolveDrop(iotlb, -1, 2, 1);
    expect(cachedOf(iotlb, pages)).toEqual([1, 3, 4, 20]);
    expect(lookUp(iotlb, 5, 2)).toBe(NO_ENTRY);
  });
});
