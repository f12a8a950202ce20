import { ManualClock } from '@faultline/hosting';
import { EndingClock } from './ending-clock';

describe('EndingClock', () => {
  it('runs and cancels what is to come, as its clock does', () => {
    const clock = new ManualClock(5);
    const ending = new EndingClock(clock);
    const done: string[] = [];
    ending.after(10, () => done.push('kept'));
    ending.after(0, () => done.push('at once'));
    for (const micros of [0, 10]) ending.after(micros, () => done.push('cancelled'))();
    clock.advance(10);
    expect([done, ending.nowMicros()]).toEqual([['at once', 'kept'], 15]);
  });

  it('runs nothing after its end, whenever it was arranged', () => {
    const clock = new ManualClock();
    const ending = new EndingClock(clock);
    const done: string[] = [];
    for (const micros of [0, 10]) ending.after(micros, () => done.push('before'));
    ending.end();
    for (const micros of [0, 10]) ending.after(micros, () => done.push('after'))();
    clock.advance(100);
    expect(done).toEqual([]);
  });
});
