import * as fc from 'fast-check';
import { EventQueue } from './event-queue';

/** Everything that is due, in the order in which it is taken. */
function drain(queue: EventQueue, nowMicros = Infinity): void {
  for (let task = queue.takeDue(nowMicros); task; task = queue.takeDue(nowMicros)) task();
}

describe('EventQueue', () => {
  it('gives what is due by its time, and at one time in the order in which it came', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
        const queue = new EventQueue();
        const taken: [number, number][] = [];
        times.forEach((at, place) => queue.push(at, () => taken.push([at, place])));
        drain(queue);
        const expected = times.map((at, place): [number, number] => [at, place]);
        expect(taken).toEqual(expected.sort(([a, i], [b, j]) => a - b || i - j));
      }),
    );
  });

  it('keeps little of what was cancelled, and gives the rest in its order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.boolean()), {
          maxLength: 500,
          size: 'max',
        }),
        (all) => {
          const queue = new EventQueue();
          const taken: [number, number][] = [];
          const cancels = all.map(([at], place) => queue.push(at, () => taken.push([at, place])));
          cancels.forEach((cancel, place) => {
            // Twice is once.
            if (all[place]?.[1]) [cancel, cancel].forEach((each) => each());
          });
          const kept = all.filter(([, isCancelled]) => !isCancelled).length;
          expect(queue.size).toBeLessThanOrEqual(Math.max(2 * kept, kept + 64));
          drain(queue);
          const expected = all.flatMap(([at, isCancelled], place) =>
            isCancelled ? [] : [[at, place] as const],
          );
          expect(taken).toEqual(expected.sort(([a, i], [b, j]) => a - b || i - j));
          expect(queue.size).toBe(0);
          // Too late: it has been.
          for (const cancel of cancels) cancel();
          queue.push(1, () => taken.push([1, -1]));
          drain(queue);
          expect(taken.at(-1)).toEqual([1, -1]);
        },
      ),
    );
  });

  it('keeps the order among few delays and many, while time passes', () => {
    const delay = fc.oneof(fc.constantFrom(0, 1, 2, 5, 2_000), fc.nat(30));
    const step = fc.record({
      delays: fc.array(delay, { maxLength: 8 }),
      cancels: fc.nat(7),
      passes: fc.nat(4),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const queue = new EventQueue();
        const [taken, expected]: [number[][], number[][]] = [[], []];
        let [now, order] = [0, 0];
        for (const { delays, cancels, passes } of steps) {
          delays.forEach((each, place) => {
            const entry = [now + each, (order += 1)];
            const cancel = queue.pushAfter(now, each, () => taken.push(entry));
            if (place === cancels) cancel();
            else expected.push(entry);
          });
          now += passes;
          drain(queue, now);
        }
        drain(queue);
        expected.sort(([a = 0, i = 0], [b = 0, j = 0]) => a - b || i - j);
        expect(taken).toEqual(expected);
        expect(queue.size).toBe(0);
      }),
    );
  });

  it('gives nothing before its time, and nothing that was cancelled', () => {
    const queue = new EventQueue();
    const taken: string[] = [];
    const cancel = queue.push(1, () => taken.push('cancelled'));
    queue.push(2, () => taken.push('due'));
    queue.push(3, () => taken.push('later'));
    cancel();
    expect(queue.nextAtMicros).toBe(2);
    drain(queue, 2);
    expect(taken).toEqual(['due']);
    expect(queue.nextAtMicros).toBe(3);
    drain(queue);
    expect(queue.nextAtMicros).toBeUndefined();
  });
});
