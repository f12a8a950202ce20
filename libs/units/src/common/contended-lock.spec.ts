import { SeededRandom } from '@faultline/domain';
import { ManualClock } from '@faultline/hosting';
import fc from 'fast-check';
import { ContendedLock, ContendedLocks } from './contended-lock';

const seed = Number(process.env['FAULTLINE_SEED'] ?? Date.now() % 2 ** 31);

/** A lock on a clock of its own, on which a microsecond is one of the model. */
function lockOf(holdMicros: number, bounceMicros = 0, timeScale = 1) {
  const clock = new ManualClock();
  return { clock, lock: new ContendedLock({ clock, timeScale, holdMicros, bounceMicros }) };
}

/** So many want the lock again as soon as they had it; returns how often they had it in a microsecond. */
function throughputOf(clients: number, holdMicros: number, bounceMicros: number, workMicros = 0): number {
  const { clock, lock } = lockOf(holdMicros, bounceMicros);
  let taken = 0;
  const goOn = (): void => {
    taken += 1;
    clock.after(workMicros, () => lock.take(goOn));
  };
  for (let client = 0; client < clients; client += 1) lock.take(goOn);
  const micros = 2_000 * (holdMicros + clients * bounceMicros + workMicros);
  clock.advance(micros);
  return taken / micros;
}

describe(`a contended lock (FAULTLINE_SEED=${seed})`, () => {
  it('is had by one at a time, in order of arrival, each for its hold', () => {
    const arrivals = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 20 }), (gaps, holdMicros) => {
        const { clock, lock } = lockOf(holdMicros);
        const ends: [taker: number, atMicros: number][] = [];
        let [atMicros, freeAtMicros, waited] = [0, 0, 0];
        const expected = gaps.map((gap, taker) => {
          atMicros += gap;
          clock.after(atMicros, () => lock.take(() => ends.push([taker, clock.nowMicros()])));
          waited += Math.max(0, freeAtMicros - atMicros);
          freeAtMicros = Math.max(freeAtMicros, atMicros) + holdMicros;
          return [taker, freeAtMicros];
        });
        clock.advance(freeAtMicros);
        expect(ends).toEqual(expected);
        const { taken, heldMicros, waitedMicros } = lock.use;
        expect([taken, heldMicros, waitedMicros]).toEqual([gaps.length, gaps.length * holdMicros, waited]);
      }),
      { seed },
    );
  });

  it('makes Poisson arrivals wait as an M/D/1 queue does', () => {
    const random = new SeededRandom(seed);
    const { clock, lock } = lockOf(1);
    const load = 0.7;
    let atMicros = 0;
    let takers = 0;
    const arrive = (): void => {
      lock.take(() => undefined);
      takers += 1;
      clock.after(-Math.log(1 - random.unit()) / load, arrive);
    };
    arrive();
    for (; takers < 40_000; atMicros += 1_000) clock.advance(1_000);
    const { heldMicros, waitedMicros, taken } = lock.use;
    expect(heldMicros / atMicros).toBeGreaterThan(load - 0.03);
    expect(heldMicros / atMicros).toBeLessThan(load + 0.03);
    // Pollaczek and Khinchine: load / (2 (1 - load)) holds.
    const expected = load / (2 * (1 - load));
    expect(waitedMicros / taken).toBeGreaterThan(0.8 * expected);
    expect(waitedMicros / taken).toBeLessThan(1.2 * expected);
  });

  it('passes 1 / hold when nobody bounces, and 1 / (hold + waiters * bounce) when they do', () => {
    for (const clients of [1, 2, 8, 64]) {
      expect(throughputOf(clients, 2, 0)).toBeCloseTo(1 / 2, 2);
      expect(throughputOf(clients, 2, 0.5)).toBeCloseTo(1 / (2 + (clients - 1) * 0.5), 2);
    }
  });

  it('lets those with work of their own through faster and faster, up to a peak from which it falls', () => {
    const [one, eight, sixteen, sixtyFour] = [1, 8, 16, 64].map((clients) =>
      throughputOf(clients, 1, 0.2, 15),
    ) as [number, number, number, number];
    expect(one).toBeCloseTo(1 / 16, 2);
    expect(eight).toBeCloseTo(8 / 16, 1);
    expect(sixteen).toBeLessThan(eight);
    expect(sixtyFour).toBeLessThan(sixteen / 2);
  });

  it('tells its uses in model time, whatever the time scale', () => {
    const { clock, lock } = lockOf(3, 1, 100);
    lock.take(() => undefined);
    lock.take(() => undefined);
    clock.advance(699);
    expect(lock.use).toEqual({ taken: 1, heldMicros: 3, waitedMicros: 3, mostWaiting: 1 });
    clock.advance(1);
    expect(lock.use).toEqual({ taken: 2, heldMicros: 7, waitedMicros: 3, mostWaiting: 1 });
  });

  it('of one thing keeps nobody from another', () => {
    const clock = new ManualClock();
    const locks = new ContendedLocks<string>({ clock, timeScale: 1, holdMicros: 5, bounceMicros: 0 });
    const had: [string, number][] = [];
    for (const key of ['a', 'a', 'b']) locks.of(key).take(() => had.push([key, clock.nowMicros()]));
    clock.advance(10);
    expect(had).toEqual([
      ['a', 5],
      ['b', 5],
      ['a', 10],
    ]);
    expect(locks.uses.map(([key, { taken }]) => [key, taken])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
  });
});
