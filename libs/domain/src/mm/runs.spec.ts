import {
  createVolatileState,
  leaveReady,
  makeReady,
  type MmVolatileState,
  oldestReady,
  openRun,
  waitForFrame,
} from './runs';

/** Opens runs 1 to `count`. */
function opened(count: number): MmVolatileState {
  const volatile = createVolatileState();
  for (let run = 1; run <= count; run += 1) openRun(volatile, { run, members: [] });
  return volatile;
}

/** Takes the oldest ready run out. */
function park(volatile: MmVolatileState) {
  const run = oldestReady(volatile);
  if (run === undefined) throw new Error('no run is ready');
  leaveReady(volatile, run);
  return run;
}

function readyRuns(volatile: MmVolatileState): number[] {
  return volatile.ready.slice(volatile.readyHead).map((run) => run.run);
}

test('ready runs stay in the order of their opening, in whatever order they come back', () => {
  const volatile = opened(5);
  const [first, second, third] = [park(volatile), park(volatile), park(volatile)];
  makeReady(volatile, second);
  makeReady(volatile, third);
  makeReady(volatile, first);
  expect(readyRuns(volatile)).toEqual([1, 2, 3, 4, 5]);
});

test('a run that comes back to an empty queue is followed by later ones', () => {
  const volatile = opened(1);
  makeReady(volatile, park(volatile));
  openRun(volatile, { run: 2, members: [] });
  expect(readyRuns(volatile)).toEqual([1, 2]);
});

test('runs wait for frames in the order of their opening', () => {
  const volatile = opened(3);
  const [first, second, third] = [park(volatile), park(volatile), park(volatile)];
  for (const run of [second, third, first]) waitForFrame(volatile, run);
  expect(volatile.frameWaiters.map((run) => run.run)).toEqual([1, 2, 3]);
});

test('a run may leave from behind an older one', () => {
  const volatile = opened(3);
  const second = volatile.ready[1];
  if (second !== undefined) leaveReady(volatile, second);
  expect(readyRuns(volatile)).toEqual([1, 3]);
});

test('what runs leave behind in the queue is dropped from time to time', () => {
  const volatile = opened(10_000);
  for (let run = 0; run < 9_000; run += 1) park(volatile);
  expect(readyRuns(volatile)[0]).toBe(9_001);
  expect(volatile.ready.length).toBeLessThan(6_000);
});
