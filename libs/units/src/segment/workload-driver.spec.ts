import type { ResolvedSynthetic } from '@faultline/contracts';
import { SeededRandom } from '@faultline/domain';
import { ManualClock } from '@faultline/hosting';
import { openFeed } from './access-feed';
import { noTraces } from '../testkit/memory-unit.testkit';
import { WorkloadDriver } from './workload-driver';

const workload = (change: Partial<ResolvedSynthetic> = {}): ResolvedSynthetic => ({
  source: 'synthetic',
  mm: 0,
  pasid: 9,
  accesses: 10,
  outstanding: 3,
  ratePerSecond: 0,
  arrivals: 'constant',
  pattern: 'sequential',
  startPage: 100,
  pages: 50,
  stridePages: 1,
  exponent: 1,
  mix: { read: 1, write: 0, execute: 0 },
  ...change,
});

function setUp(
  change: Partial<ResolvedSynthetic> = {},
  timeScale = 1,
  firstAccess = 0,
  history?: { isOver(device: number, access: number): boolean; end(device: number): number },
) {
  const clock = new ManualClock(1_000);
  let wakes = 0;
  const described = workload(change);
  const driver = new WorkloadDriver({
    device: 4,
    workload: described,
    firstAccess,
    history,
    feed: openFeed(
      described,
      7,
      noTraces,
      () => undefined,
      (error) => fail(error.message),
    ),
    seed: 7,
    clock,
    timeScale,
    wake: () => (wakes += 1),
  });
  return { clock, driver, wakes: () => wakes };
}

const seed = Number(process.env['FAULTLINE_SEED'] ?? Date.now() % 2 ** 31);

describe(`WorkloadDriver (FAULTLINE_SEED=${seed})`, () => {
  it('closed loop: so many in flight, one more for each that ends, as many as the workload has', () => {
    const { driver } = setUp({ accesses: 4 });
    driver.begin();
    expect(
      [driver.next(), driver.next(), driver.next(), driver.next()].map((access) => access?.page),
    ).toEqual([100, 101, 102, undefined]);
    driver.ended();
    expect(driver.next()?.page).toBe(103);
    expect(driver.next()).toBeUndefined();
    expect(driver.finished).toBe(false);
    for (let ended = 0; ended < 3; ended += 1) driver.ended();
    expect(driver.finished).toBe(true);
  });

  it('the device works with the page before another access takes its place, in model time', () => {
    const { driver, clock, wakes } = setUp({ accesses: 4, accessMicros: 10 }, 3);
    driver.begin();
    for (let issued = 0; issued < 3; issued += 1) driver.next();
    driver.ended();
    clock.advance(29);
    expect([driver.next(), wakes()]).toEqual([undefined, 1]);
    clock.advance(1);
    expect([driver.next()?.page, wakes()]).toEqual([103, 2]);
    for (let ended = 0; ended < 3; ended += 1) driver.ended();
    expect(driver.finished).toBe(false);
    clock.advance(30);
    expect(driver.finished).toBe(true);
  });

  it('nothing is issued before the beginning, nor after a halt', () => {
    const { driver } = setUp();
    expect(driver.next()).toBeUndefined();
    driver.begin();
    expect(driver.next()).toMatchObject({ device: 4, pasid: 9 });
    driver.halt();
    expect(driver.next()).toBeUndefined();
    expect([driver.total, driver.finished]).toEqual([1, false]);
    driver.ended();
    expect(driver.finished).toBe(true);
  });

  it('what is withdrawn is settled at once, once; what is in flight still ends', () => {
    const { driver } = setUp({ accesses: 10 }, 1, 20);
    driver.begin();
    driver.next();
    expect(driver.withdraw()).toEqual([{ first: 21, count: 9 }]);
    expect([driver.next(), driver.total, driver.finished, driver.closed]).toEqual([
      undefined,
      10,
      false,
      true,
    ]);
    driver.ended();
    expect(driver.finished).toBe(true);
  });

  it('a halted workload has nothing left to withdraw, and a workload that never began withdraws everything', () => {
    const halted = setUp({ accesses: 10 }).driver;
    halted.begin();
    halted.next();
    halted.halt();
    expect([halted.withdraw(), halted.total]).toEqual([[], 1]);
    const { driver } = setUp({ accesses: 10 });
    expect([driver.begun, driver.withdraw(), driver.finished]).toEqual([
      false,
      [{ first: 0, count: 10 }],
      true,
    ]);
  });

  it('D9 goes on where the owner before was: what is over is neither issued nor withdrawn again, and pages stay the same', () => {
    const over = new Set([20, 22, 24]);
    const history = { isOver: (_device: number, access: number) => over.has(access), end: () => 25 };
    const { driver: whole } = setUp({ accesses: 10, pattern: 'uniform', outstanding: 10 }, 1, 20);
    whole.begin();
    const all = Array.from({ length: 10 }, () => whole.next());
    const { driver } = setUp({ accesses: 10, pattern: 'uniform', outstanding: 3 }, 1, 20, history);
    driver.begin();
    expect([driver.next(), driver.next(), driver.next(), driver.next()]).toEqual([
      all[1],
      all[3],
      all[5],
      undefined,
    ]);
    driver.ended();
    expect(driver.withdraw()).toEqual([{ first: 26, count: 4 }]);
    expect(driver.total).toBe(10);
    const { driver: idle } = setUp({ accesses: 10 }, 1, 20, history);
    expect(idle.withdraw()).toEqual([
      { first: 21, count: 1 },
      { first: 23, count: 1 },
      { first: 25, count: 5 },
    ]);
  });

  it.each([0, 1_000])(
    'has no access after it had none, unless it woke its segment (%i a second)',
    (ratePerSecond) => {
      const { driver, clock, wakes } = setUp({ accesses: 400, pages: 400, ratePerSecond, accessMicros: 7 });
      const random = new SeededRandom(seed);
      driver.begin();
      let inFlight = 0;
      let passed = 0;
      for (let issued = 0; issued < 400; passed += 1) {
        const before = wakes();
        if (driver.next()) {
          issued += 1;
          inFlight += 1;
          continue;
        }
        for (let steps = 0; wakes() === before; steps += 1) {
          if (steps > 100) throw new Error(`seed ${seed}: nobody woke the segment after ${issued} accesses`);
          expect(driver.next()).toBeUndefined();
          if (inFlight > 0 && random.below(3) === 0) {
            driver.ended();
            inFlight -= 1;
          }
          clock.advance(1 + random.below(1_000));
        }
      }
      expect(passed).toBeGreaterThan(500);
    },
  );

  it('open loop: the intended start does not move while the system stalls', () => {
    const { clock, driver, wakes } = setUp({ ratePerSecond: 1_000, outstanding: 2 });
    driver.begin();
    expect(driver.next()?.intendedAtMicros).toBe(1_000);
    expect(driver.next()).toBeUndefined();
    clock.advance(1_000);
    expect(wakes()).toBe(2);
    expect(driver.next()?.intendedAtMicros).toBe(2_000);
    clock.advance(50_000);
    expect(driver.next()).toBeUndefined();
    driver.ended();
    expect(driver.next()?.intendedAtMicros).toBe(3_000);
  });

  it('the rate is one of model time', () => {
    const { clock, driver } = setUp({ ratePerSecond: 1_000, outstanding: 9 }, 50);
    driver.begin();
    driver.next();
    clock.advance(49_000);
    expect(driver.next()).toBeUndefined();
    clock.advance(1_000);
    expect(driver.next()?.intendedAtMicros).toBe(51_000);
  });

  it('each workload of a device has access numbers of its own', () => {
    const { driver } = setUp({ accesses: 10 }, 1, 20);
    driver.begin();
    expect([driver.next()?.access, driver.next()?.access]).toEqual([20, 21]);
    expect([19, 20, 29, 30].map((access) => driver.owns(access))).toEqual([false, true, true, false]);
  });
});
