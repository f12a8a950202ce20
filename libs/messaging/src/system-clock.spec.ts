import { eventually } from '../../hosting/src/testkit/eventually.testkit';
import { SystemClock } from './system-clock';

describe('system clock', () => {
  it('counts microseconds of the wall clock and never goes back', () => {
    const clock = new SystemClock();
    expect(Math.abs(clock.nowMicros() - Date.now() * 1000)).toBeLessThan(2_000_000);
    let last = clock.nowMicros();
    for (let n = 0; n < 1_000; n++) {
      const now = clock.nowMicros();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
  });

  it('does not follow the clock of the machine when somebody sets it', async () => {
    const clock = new SystemClock();
    const before = clock.nowMicros();
    const fired: number[] = [];
    const date = jest.spyOn(Date, 'now');
    for (const jump of [3_600_000, -3_600_000]) {
      date.mockReturnValue(performance.timeOrigin + jump);
      expect(clock.nowMicros() - before).toBeLessThan(60_000_000);
      expect(clock.nowMicros()).toBeGreaterThanOrEqual(before);
      clock.after(5_000, () => fired.push(clock.nowMicros()));
      await eventually('the alarm', () => fired.length > 0, 5_000);
      expect(fired.splice(0)[0]).toBeGreaterThanOrEqual(before + 5_000);
    }
    date.mockRestore();
  });

  it.each([3_600_000, -3_600_000, 12])(
    'shows what the clock of the machine shows that was set by %d ms before it was made',
    (jump) => {
      const before = new SystemClock();
      const date = jest
        .spyOn(Date, 'now')
        .mockImplementation(() => Math.floor(performance.timeOrigin + performance.now() + jump));
      try {
        const after = new SystemClock();
        const [old, made] = [before.nowMicros(), after.nowMicros()];
        expect(Math.abs(made - old - jump * 1_000)).toBeLessThan(500);
      } finally {
        date.mockRestore();
      }
    },
  );

  it('is never early, nor inside the call, and can be cancelled', async () => {
    const clock = new SystemClock();
    const began = clock.nowMicros();
    const ran: number[] = [];
    const took = new Map<number, number>();
    for (const delay of [0, 1, 500, 2_000, 5_500]) {
      clock.after(delay, () => {
        ran.push(delay);
        took.set(delay, clock.nowMicros() - began);
      });
    }
    const cancelled = [clock.after(0, () => ran.push(-1)), clock.after(1_000, () => ran.push(-2))];
    for (const cancel of cancelled) cancel();
    expect(ran).toEqual([]);
    await eventually('all tasks', () => ran.length === 5);
    for (const [delay, micros] of took) expect(micros).toBeGreaterThanOrEqual(delay);
    expect(ran).not.toContain(-1);
    expect(ran).not.toContain(-2);
  });
});
