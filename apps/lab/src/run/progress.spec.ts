import { FakeTerminal } from '../testing.testkit';
import { ProgressMeter } from './progress';
import { ProgressDisplay } from './progress-display';

const look = (atMillis: number, ended: number, faulted: number) => ({
  atMillis,
  devices: {
    total: 1_000,
    issued: ended + 8,
    ended,
    withdrawn: 0,
    requests: faulted,
    faulted,
    finished: false,
  },
  iommus: { pendingGroups: 3, ringRecords: 0, openStalls: 2, overflows: 1, drained: false },
});

describe('progress', () => {
  test('the line says how much is done, how fast, what is pending, and since when', () => {
    const meter = new ProgressMeter();
    meter.add(look(1_000, 0, 0));
    meter.add(look(1_500, 250, 100));
    expect(meter.line()).toBe(
      'accesses 250/1,000 (25.0 %) | faults 100 | 200/s | pending 5 | overflows 1 | 0.5 s',
    );
  });

  test('accesses that will never be issued are told, and count as done', () => {
    const meter = new ProgressMeter();
    const at = look(1_000, 250, 100);
    meter.add({ ...at, devices: { ...at.devices, withdrawn: 500 } });
    expect(meter.line()).toMatch(/^accesses 250\/1,000 \(75\.0 %\) \| withdrawn 500 \| faults 100 /);
  });

  test('the rate is that of the last two seconds', () => {
    const meter = new ProgressMeter();
    for (let second = 0; second <= 10; second += 1)
      meter.add(look(second * 1_000, 0, second < 5 ? 0 : (second - 5) * 100));
    expect(meter.faultsPerSecond).toBe(100);
  });

  test('on a terminal one line overwrites itself, and is gone before what follows', () => {
    const terminal = new FakeTerminal(true);
    const display = new ProgressDisplay(terminal);
    display.update('a long line');
    display.update('short');
    display.step('done');
    expect(terminal.complaints).toBe('\ra long line\rshort      \r     \rdone\n');
  });

  test('elsewhere there is a plain line every two seconds', () => {
    const terminal = new FakeTerminal();
    let now = 0;
    const display = new ProgressDisplay(terminal, () => now);
    for (; now <= 4_000; now += 500) display.update(`at ${now}`);
    expect(terminal.complaints).toBe('at 0\nat 2000\nat 4000\n');
  });
});
