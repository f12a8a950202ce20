import * as fc from 'fast-check';
import { roundUp, TimeBins } from './time-bins';

describe('counts over time', () => {
  const instants = fc.array(fc.double({ min: 0, max: 1e10, noNaN: true }), { minLength: 1, maxLength: 200 });

  it('lose nothing, in about as many intervals as a chart can show', () => {
    fc.assert(
      fc.property(instants, (some) => {
        const bins = new TimeBins(Math.min(...some), Math.max(...some));
        for (const each of some) bins.add('sent', each);
        expect(bins.total('sent')).toBe(some.length);
        expect(bins.count).toBeGreaterThanOrEqual(2);
        expect(bins.count).toBeLessThanOrEqual(122);
      }),
    );
  });

  it('are where they happened, the last one in the last interval', () => {
    const bins = new TimeBins(1000, 121_000);
    for (const at of [1000, 1999, 2000, 121_000]) bins.add('settled', at);
    expect(bins.widthMicros).toBe(1000);
    expect([bins.at('settled', 0), bins.at('settled', 1), bins.at('settled', bins.count - 1)]).toEqual([
      2, 1, 1,
    ]);
  });

  it('have widths that people can read', () => {
    expect([0, 1, 1.1, 3, 7, 20, 0.02, 0.3].map(roundUp)).toEqual([0, 1, 2, 5, 10, 20, 0.02, 0.5]);
  });
});
