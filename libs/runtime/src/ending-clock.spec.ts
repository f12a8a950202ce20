import { ManualClock } from '@faultline/hosting';
import { EndingClock } from './ending-clock';

describe('EndingClock', () => {
  it('runs and cancels what is to come, as its clock does', () => {
    const clock = new ManualClock(5);
    const ending = new EndingClock(clock);
    const done: string[] = [];
    ending.after(10, () => done.push('kept'));
    ending.after(10, () => done.push('cancelled'))();
    clock.advance(10);
    expect([done, ending.nowMicros()]).toEqual([['kept'], 15]);
  });

  it('runs nothing after its end, whenever it was arranged', () => {
    const clock = new ManualClock();
    const ending = new EndingClock(clock);
    const done: string[] = [];
    ending.after(10, () => done.push('before'));
    ending.end();
    ending.after(10, () => done.push('after'))();
    clock.advance(100);
    expect(done).toEqual([]);
  });
});
