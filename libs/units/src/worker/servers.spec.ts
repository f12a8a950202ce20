import fc from 'fast-check';
import { Servers } from './servers';

describe('Servers', () => {
  it('never runs more at once than there are, starts in order of arrival, and runs all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(), { maxLength: 200 }), (count, frees) => {
        const servers = new Servers(count);
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
});
