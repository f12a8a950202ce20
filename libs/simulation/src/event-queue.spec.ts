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
