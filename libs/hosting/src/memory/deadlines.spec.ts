import { Deadlines } from './deadlines';
import { ManualClock } from './manual-clock';

function setUp() {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock, 100);
  const late: string[] = [];
  const begin = (name: string) => deadlines.begin({ expire: () => late.push(name) });
  return { clock, deadlines, late, begin };
}

describe('deadlines that are all equally far away', () => {
  it('give up what is not over at its own time, each in its turn', () => {
    const { clock, deadlines, late, begin } = setUp();
    begin('a');
    clock.advance(40);
    const b = begin('b');
    begin('c');
    clock.advance(40);
    begin('d');
    deadlines.end(b);
    clock.advance(20);
    expect(late).toEqual(['a']);
    clock.advance(39);
    expect(late).toEqual(['a']);
    clock.advance(1);
    expect(late).toEqual(['a', 'c']);
    clock.advance(40);
    expect(late).toEqual(['a', 'c', 'd']);
  });

  it('forget what is over, however much that is, and leave no timer when all is', () => {
    const { clock, deadlines, late, begin } = setUp();
    const first = begin('first');
    for (let each = 0; each < 10_000; each += 1) deadlines.end(begin('over'));
    expect(deadlines['waiting'].length).toBeLessThan(200);
    deadlines.end(first);
    deadlines.end(first);
    expect(clock['alarms']).toEqual([]);
    clock.advance(50);
    begin('next');
    clock.advance(99);
    expect(late).toEqual([]);
    clock.advance(1);
    expect(late).toEqual(['next']);
  });

  it('may be ended, and begun, by what is given up', () => {
    const { clock, deadlines, late, begin } = setUp();
    deadlines.begin({ expire: () => (deadlines.end(other), begin('later')) });
    const other = begin('other');
    clock.advance(100);
    expect(late).toEqual([]);
    clock.advance(100);
    expect(late).toEqual(['later']);
  });
});
