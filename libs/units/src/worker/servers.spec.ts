import { ManualClock } from '@faultline/hosting';
import fc from 'fast-check';
import { Servers } from './servers';

describe('Servers', () => {
  it('never runs more at once than there are, starts in order of arrival, and runs all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(), { maxLength: 200 }), (count, frees) => {
        const servers = new Servers(count, new ManualClock());
        const started: number[] = [];
        let running: (() => void)[] = [];
        frees.forEach((_, task) =>
          servers.run((free) => {
            started.push(task);
            running.push(free);
            expect(running.length).toBeLessThanOrEqual(count);
          }),
        );
        for (const pick of frees) {
          if (running.length === 0) break;
          const [free] = running.splice(pick % running.length, 1);
          free?.();
        }
        while (running.length > 0) {
          const frees = running;
          running = [];
          for (const free of frees) free();
        }
        expect(started).toEqual(frees.map((_, task) => task));
      }),
    );
  });

  it('wakes a server that slept, and lets one that has work before it go on', () => {
    const servers = new Servers(2, new ManualClock());
    const starts: string[] = [];
    const frees: (() => void)[] = [];
    const run = (): void =>
      servers.run((free, start) => {
        starts.push(start);
        frees.push(free);
      });
    for (let task = 0; task < 3; task += 1) run();
    expect(starts).toEqual(['woken', 'woken']);
    frees[0]?.();
    expect(starts).toEqual(['woken', 'woken', 'switched']);
    frees[1]?.();
    frees[2]?.();
    run();
    expect(starts).toEqual(['woken', 'woken', 'switched', 'woken']);
    expect(servers.use).toMatchObject({ woken: 3, switched: 1 });
  });

  it('counts the time of each server at its groups, and none of the time it sleeps', () => {
    const clock = new ManualClock(1_000_000);
    const servers = new Servers(2, clock);
    const work = (micros: number): void => servers.run((free) => void clock.after(micros, free));
    work(10);
    work(30);
    clock.advance(20);
    expect(servers.use.busyMicros).toBe(10 + 20);
    clock.advance(100);
    expect(servers.use.busyMicros).toBe(10 + 30);
    work(5);
    work(5);
    work(5);
    clock.advance(100);
    expect(servers.use.busyMicros).toBe(10 + 30 + 15);
  });
});
