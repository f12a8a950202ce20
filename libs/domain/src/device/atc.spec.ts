import * as fc from 'fast-check';
import { Atc } from './atc';
import { AtcHolders } from './atc-holders';

describe('Atc', () => {
  it('R24 is bounded and drops the least recently used entry, as a simple list would', () => {
    const step = fc.record({ touch: fc.boolean(), pasid: fc.nat({ max: 1 }), page: fc.nat({ max: 5 }) });
    fc.assert(
      fc.property(fc.nat({ max: 4 }), fc.array(step, { maxLength: 60, size: 'max' }), (capacity, steps) => {
        const atc = new Atc(capacity, 0, new AtcHolders());
        let model: string[] = [];
        for (const { touch, pasid, page } of steps) {
          const key = `${pasid}/${page}`;
          expect(atc.find(pasid, page, 1) !== undefined).toBe(model.includes(key));
          const known = model.includes(key);
          if (touch) atc.touch(pasid, page);
          else atc.fill(pasid, page, 1, 1);
          if (known || !touch)
            model = [...model.filter((other) => other !== key), key].slice(-capacity || model.length + 1);
          if (capacity === 0) model = [];
          expect(atc.size).toBe(model.length);
        }
      }),
    );
  });

  it('R125 adds up permissions on the same frame and replaces them on another', () => {
    const atc = new Atc(2, 0, new AtcHolders());
    atc.fill(1, 9, 1, 5);
    atc.fill(1, 9, 2, 5);
    expect(atc.find(1, 9, 3)).toMatchObject({ frame: 5 });
    atc.fill(1, 9, 1, 6);
    expect(atc.find(1, 9, 2)).toBeUndefined();
  });
});
