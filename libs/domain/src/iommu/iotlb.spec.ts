import fc from 'fast-check';
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

  it('without any capacity keeps nothing', () => {
    const iotlb = filled(0, [1, 2]);
    expect(cachedOf(iotlb, [1, 2])).toEqual([]);
    expect(iotlb.held).toBe(0);
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

/** A cache in the plainest words: slots in a row, looked through from end to end. */
class ModelCache {
  readonly slots: ({ mm: number; page: number; value: number } | undefined)[];
  private hand = 0;

  constructor(capacity: number) {
    this.slots = new Array<undefined>(capacity).fill(undefined);
  }

  find(mm: number, page: number): { value: number } | undefined {
    return this.slots.find((slot) => slot?.mm === mm && slot.page === page);
  }

  fill(mm: number, page: number, value: number): void {
    const known = this.find(mm, page);
    if (known !== undefined) known.value = value;
    else {
      this.slots[this.hand] = { mm, page, value };
      this.hand = (this.hand + 1) % this.slots.length;
    }
  }

  drop(mm: number, page: number, pages: number): void {
    for (const [place, slot] of this.slots.entries()) {
      const isMeant = slot !== undefined && (pages === 0 || (slot.page >= page && slot.page < page + pages));
      if (isMeant && (mm === -1 || slot.mm === mm)) this.slots[place] = undefined;
    }
  }
}

describe('the IOTLB after any history', () => {
  const mm = fc.integer({ min: 0, max: 2 });
  // Also pages that are alike in all their low bits, and those past 32 bits.
  const page = fc.oneof(
    fc.nat(12),
    fc.nat(6).map((each) => each * 2 ** 20),
    fc.nat(6).map((each) => each * 2 ** 32),
  );
  const fill = fc.record({ mm, page, value: fc.nat(1000) });
  const drop = fc.record({ mm: fc.integer({ min: -1, max: 2 }), page, pages: fc.nat(6) });
  const steps = fc.array(fc.oneof({ arbitrary: fill, weight: 4 }, { arbitrary: drop, weight: 1 }), {
    maxLength: 60,
    size: 'max',
  });

  it('holds what a row of slots holds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), steps, (capacity, history) => {
        const iotlb = createIotlb(capacity);
        const model = new ModelCache(capacity);
        for (const step of history) {
          if ('value' in step) {
            evolveFill(iotlb, step.mm, step.page, step.value);
            model.fill(step.mm, step.page, step.value);
          } else {
            evolveDrop(iotlb, step.mm, step.page, step.pages);
            model.drop(step.mm, step.page, step.pages);
          }
          expect(iotlb.held).toBe(model.slots.filter((slot) => slot !== undefined).length);
          const found = history.map((each) => lookUp(iotlb, each.mm, each.page));
          expect(found).toEqual(history.map((each) => model.find(each.mm, each.page)?.value ?? NO_ENTRY));
        }
      }),
    );
  });
});
