import { measurePurePath } from './core/pure-path';
import type { Round } from './measure';
import { parseOptions, UsageError } from './options';
import { cellOf, cellsOf, costRatio, speedRatio } from './report/cells';
import { alignedTable, markdownTable } from './report/table';
import { largeSection, simulatorSection } from './report/sections';
import { largeTargets, memoryTargets, pureTargets, simulatorTargets, speedTargets } from './report/targets';
import { measureLarge } from './simulator/large';
import { measureSimulator } from './simulator/simulator';
import { measureSearch } from './search/search';
import { halves, type Sample, type SoakFigures } from './soak';
import { ClosedLoop } from './support/closed-loop';
import type { SystemName } from './support/system';
import { parseProcStat, parseProcStatus, parsePs } from './support/usage';

const round = (system: SystemName, faultsPerSecond: number, change: Partial<Round> = {}): Round => ({
  system,
  outstanding: 1024,
  figures: { faults: faultsPerSecond, seconds: 1, faultsPerSecond, p50Micros: 10, p99Micros: 20 },
  processes: [{ name: 'device', coresBusy: 0.5, cpuMicrosPerFault: 5, peakResidentBytes: faultsPerSecond }],
  ...change,
});

describe('options', () => {
  it('have the rounds and sizes of the specification, and less when it has to be quick', () => {
    expect(parseOptions([])).toMatchObject({
      rounds: 5,
      outstanding: [256, 1024, 4096],
      systems: ['faultline', 'metered', 'traced', 'nest', 'skeleton'],
    });
    expect(parseOptions(['--quick'])).toMatchObject({ rounds: 1, outstanding: [1024], windowMillis: 1000 });
    expect(parseOptions(['--soak', '1000000', '--only', 'nest'])).toMatchObject({
      soakFaults: 1_000_000,
      systems: ['nest'],
    });
    expect(parseOptions(['--pure'])).toMatchObject({ pure: true, rounds: 5 });
    expect(parseOptions(['--simulator'])).toMatchObject({ simulator: true, pure: false });
    expect(parseOptions(['--help'])).toBe('help');
  });

  it.each([
    ['--rounds', '0'],
    ['--outstanding', '256,x'],
    ['--only', 'grpc'],
    ['--fast', '1'],
  ])('refuse %s %s', (...args) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
  });
});

describe('cells', () => {
  it('are medians over the rounds, with the most memory of any', () => {
    const cell = cellOf([round('nest', 100), round('nest', 300), round('nest', 200)]);
    expect(cell).toMatchObject({ rounds: 3, faultsPerSecond: 200, relativeSpread: 1 });
    expect(cell.processes).toEqual([
      { name: 'device', coresBusy: 0.5, cpuMicrosPerFault: 5, peakResidentBytes: 300 },
    ]);
    expect(cell).not.toHaveProperty('record');
  });

  it('keep systems and sizes apart, in the order in which they were measured', () => {
    const cells = cellsOf([round('nest', 1), round('skeleton', 2), round('nest', 3, { outstanding: 256 })]);
    expect(cells.map(({ system, outstanding }) => [system, outstanding])).toEqual([
      ['nest', 1024],
      ['skeleton', 1024],
      ['nest', 256],
    ]);
  });

  it('compare neighbours: the ratio is the median of the ratios', () => {
    const rounds = [
      round('faultline', 60),
      round('nest', 10),
      round('faultline', 20),
      round('nest', 2),
      round('faultline', 70),
      round('nest', 10),
    ];
    expect(speedRatio(rounds, 1024, 'faultline', 'nest')).toBe(7);
    expect(speedRatio(rounds, 1024, 'faultline', 'skeleton')).toBeUndefined();
    const dear = {
      processes: [{ name: 'device', coresBusy: 1, cpuMicrosPerFault: 40, peakResidentBytes: 1 }],
    };
    expect(costRatio([round('faultline', 1), round('nest', 1, dear)], 1024, 'faultline', 'nest')).toBe(8);
  });
});

describe('targets', () => {
  it('say what was found and whether it is enough', () => {
    const record = { lagAtEndMessages: 3, secondsToCatchUp: 6 };
    const processes = [{ name: 'device', coresBusy: 1, cpuMicrosPerFault: 5.2, peakResidentBytes: 1 }];
    const targets = speedTargets(
      [round('faultline', 60, { record, auditClean: true }), round('nest', 10), round('skeleton', 200)],
      [round('faultline', 1), round('metered', 1, { processes }), round('traced', 1, { processes })],
    );
    expect(targets.map(({ found, reached }) => [found, reached])).toEqual([
      ['0.962', false],
      ['0.962', true],
      ['6.00', true],
      ['0.30', false],
      ['6.00 s', false],
      ['1 of 1', true],
    ]);
  });

  it('want half a million faults a second of the deciders alone', () => {
    const figures = measurePurePath(1, 2_048);
    expect(figures.faultsPerSecond).toBeGreaterThan(0);
    const stages = Object.values(figures.nanosPerFault);
    // The stages are timed inside the whole, and hardly anything happens beside them.
    const inStages = stages.reduce((total, nanos) => total + nanos, 0) / (1e9 / figures.faultsPerSecond);
    expect(inStages).toBeGreaterThan(0.5);
    expect(inStages).toBeLessThanOrEqual(1);
    const [fast, slow] = [600_000, 400_000].map((faultsPerSecond) =>
      pureTargets({ ...figures, faultsPerSecond }),
    );
    expect([fast, slow].map((targets) => targets?.[0]?.reached)).toEqual([true, false]);
  });

  it('want what the simulator is for', async () => {
    const figures = await measureSimulator(2, 400);
    expect(figures).toMatchObject({ rounds: 2, faults: 400 });
    expect(figures.faultsPerSecond).toBeGreaterThan(0);
    expect(figures.messagesPerFault).toBeGreaterThan(0);
    const reached = (faultsPerSecond: number, megabytes: number): boolean[] =>
      simulatorTargets({ ...figures, faultsPerSecond, peakResidentBytes: megabytes * 2 ** 20 }).map(
        (target) => target.reached,
      );
    expect(reached(199_999, 1_024)).toEqual([false, false]);
    expect(reached(200_000, 1_023)).toEqual([true, true]);
    const pure = { ...measurePurePath(1, 100), faultsPerSecond: 400_000 };
    const { rows } = simulatorSection({ ...figures, faultsPerSecond: 100_000 }, pure);
    expect(rows[0]).toContain('0.250');
  });

  it('want ten million faults of ten thousand devices in two minutes and a gigabyte', async () => {
    const figures = await measureLarge({ devices: 20, workers: 4, accessesPerDevice: 300 });
    // Half of the pages have a frame, so hardly an access finds its page there.
    expect(figures.faults).toBeGreaterThan(20 * 300 * 0.9);
    const reached = (seconds: number, megabytes: number): boolean[] =>
      largeTargets({ ...figures, seconds, peakResidentBytes: megabytes * 2 ** 20 }).map(
        (target) => target.reached,
      );
    expect(reached(120, 1_023)).toEqual([true, true]);
    expect(reached(121, 1_024)).toEqual([false, false]);
    const [row] = largeSection({ ...figures, faults: 1_000_000, seconds: 30, cpuSeconds: 45 }).rows;
    expect(row).toEqual(expect.arrayContaining(['20', '4', '1,000,000', '30', '30.0', '45.0']));
  });

  it('let memory grow only where pages do', () => {
    const service = {
      name: 'iommu',
      firstHalfBytes: 100,
      secondHalfBytes: 150,
      growth: 1.5,
      peakResidentBytes: 2 ** 20,
    };
    const run: SoakFigures = {
      kind: 'bounded',
      faults: 10,
      faultsPerSecond: 1,
      pagesGrow: false,
      services: [service],
      secondsToCatchUp: 0,
      auditClean: true,
    };
    const reached = (change: Partial<SoakFigures>): boolean[] =>
      memoryTargets([{ ...run, ...change }]).map((target) => target.reached);
    expect(reached({})).toEqual([true, false, true, true]);
    expect(reached({ pagesGrow: true })).toEqual([true, true, true]);
    // However fast and small: a run whose record is not right has reached nothing.
    expect(reached({ pagesGrow: true, auditClean: false })).toEqual([true, true, false]);
  });
});

it('the halves of a long run are told by faults, and its start does not count', () => {
  const samples: Sample[] = [0, 10, 40, 60, 100].map((ended, place) => ({
    ended,
    residentBytes: [[900, 100, 110, 121, 90][place] ?? 0],
  }));
  expect(halves(samples, 0)).toEqual({ firstHalfBytes: 110, secondHalfBytes: 121, growth: 1.1 });
});

it('tables are aligned, numbers to the right', () => {
  expect(alignedTable(['a', 'count'], [['long name', '7']])).toBe(
    'a          count\n---------  -----\nlong name      7',
  );
  expect(markdownTable(['a', 'count'], [['x|y', '7']])).toBe('| a | count |\n| --- | ---: |\n| x\\|y | 7 |');
});

it('process counters are read as the kernel and ps print them', () => {
  const stat = `42 (a (b) c) S 1 42 42 0 -1 4194304 ${Array(4).fill(0).join(' ')} 150 50 0 0 20 0 11 0 1 1 1`;
  expect(parseProcStat(stat)).toBe(2);
  expect(parseProcStatus('Name:\tnode\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n')).toEqual({
    residentBytes: 2 ** 20,
    peakResidentBytes: 2 ** 21,
  });
  expect(parsePs('1:02.50 1024')).toMatchObject({ cpuSeconds: 62.5, residentBytes: 2 ** 20 });
});

it('a closed loop keeps its faults in flight and counts only those that end in its window', async () => {
  let now = 0;
  const issued: number[] = [];
  const loop = new ClosedLoop(
    2,
    (slot) => void issued.push(slot),
    () => now,
  );
  loop.begin();
  now = 50;
  loop.ended(0);
  loop.open();
  now = 1_000_050;
  loop.ended(1);
  const closing = loop.close();
  expect(issued).toEqual([0, 1, 0, 1]);
  loop.ended(0);
  loop.ended(1);
  await expect(closing).resolves.toMatchObject({ faults: 1, seconds: 1, faultsPerSecond: 1 });
});

it('every kind of listing is asked about, and finds what there is', async () => {
  const times = await measureSearch(20_000);
  const found = Object.fromEntries(times.map(({ question, found }) => [question, found]));
  expect(found).toMatchObject({
    'the first faults': 50,
    'of an answer that no fault has': 0,
    'the slowest of a device with few': 4,
  });
  expect(times.every(({ firstMillis, medianMillis }) => firstMillis > 0 && medianMillis > 0)).toBe(true);
});
