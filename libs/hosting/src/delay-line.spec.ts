import fc from 'fast-check';
import { type ClockPort, DelayLine, ModelTime } from '.';

/** A clock whose timers fire in any order, as timers that are set again do. */
class UnorderedClock implements ClockPort {
  readonly tasks: (() => void)[] = [];

  nowMicros(): number {
    return 0;
  }

  after(_delayMicros: number, task: () => void): () => void {
    this.tasks.push(task);
    return () => undefined;
  }
}

describe('DelayLine', () => {
  it('keeps the order, in whatever order its timers fire', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 30 }), (picks) => {
        const clock = new UnorderedClock();
        const out: number[] = [];
        const line = new DelayLine<number>(new ModelTime(clock, 5), 2, (item) => out.push(item));
        picks.forEach((_, item) => line.push(item));
        for (const pick of picks) clock.tasks.splice(pick % clock.tasks.length, 1).forEach((task) => task());
        expect(out).toEqual(picks.map((_, item) => item));
      }),
    );
  });

  it('a distance of nothing takes no time', () => {
    const out: number[] = [];
    new DelayLine<number>(new ModelTime(new UnorderedClock(), 5), 0, (item) => out.push(item)).push(1);
    expect(out).toEqual([1]);
  });
});
