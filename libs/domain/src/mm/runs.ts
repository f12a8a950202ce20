import type { FaultError, MemberResolution, MemberResult } from '../iopf/events';
import { MmInvariantBroken } from './errors';
import { memberResult } from './member-result';
import type { Run, RunMember } from './run';

/** A run between its opening and its result. */
export interface OpenRun {
  run: number;
  /** Order of opening: the oldest ready run goes on first, and the oldest waiting one gets the next frame. */
  age: number;
  members: readonly RunMember[];
  /** Members that have their result: the place of the next one. */
  handled: number;
  /**
   * Results of these members, from the first on; none is kept of the last member, whose result goes into the run's result alone.
   */
  results: MemberResult[] | undefined;
  /** Whether a free frame is kept for its next member. */
  reserved: boolean;
  /** Whether its next member cleared an entry in order to copy the page (R121). */
  copying: boolean;
}

/** Open runs and what they wait for. */
export interface MmVolatileState {
  /** Runs ever opened. */
  opened: number;
  /** Runs that are open now: ready or waiting. */
  open: number;
  /** Highest number that a run had. Callers count upwards, so a new run is hardly ever looked for among the open ones. */
  highest: number;
  /** Ready runs from `readyHead` on, oldest first. */
  ready: OpenRun[];
  readyHead: number;
  /** Runs that wait for a frame, oldest first (D11). */
  frameWaiters: OpenRun[];
  /** mm -> page -> runs that wait for the invalidation of that entry, in order of arrival. */
  pageWaiters: Map<number, Map<number, OpenRun[]>>;
  pageWaiting: number;
  /** Free frames that are kept for runs. */
  reserved: number;
}

/** No open run. */
export function createVolatileState(): MmVolatileState {
  return {
    opened: 0,
    open: 0,
    highest: -1,
    ready: [],
    readyHead: 0,
    frameWaiters: [],
    pageWaiters: new Map(),
    pageWaiting: 0,
    reserved: 0,
  };
}

/** The run that the next `Advance` takes up. */
export function oldestReady(volatile: MmVolatileState): OpenRun | undefined {
  return volatile.ready[volatile.readyHead];
}

/** A ready run by its number; nearly always the oldest. */
export function findReady(volatile: MmVolatileState, run: number): OpenRun {
  for (let place = volatile.readyHead; place < volatile.ready.length; place += 1) {
    const ready = volatile.ready[place];
    if (ready !== undefined && ready.run === run) return ready;
  }
  throw new MmInvariantBroken(`run ${run} is not ready`);
}

/** All open runs: the ready ones, oldest first, then those that wait. */
export function openRuns(volatile: MmVolatileState): OpenRun[] {
  const runs = [...volatile.ready.slice(volatile.readyHead), ...volatile.frameWaiters];
  for (const pages of volatile.pageWaiters.values())
    for (const waiters of pages.values()) runs.push(...waiters);
  return runs;
}

/** Whether a run with this number is open. */
export function isOpen(volatile: MmVolatileState, run: number): boolean {
  return run <= volatile.highest && openRuns(volatile).some((open) => open.run === run);
}

/** A new run is the youngest, so it goes to the end. */
export function openRun(volatile: MmVolatileState, run: Run): void {
  volatile.opened += 1;
  volatile.open += 1;
  if (run.run > volatile.highest) volatile.highest = run.run;
  volatile.ready.push({
    run: run.run,
    age: volatile.opened,
    members: run.members,
    handled: 0,
    results: undefined,
    reserved: false,
    copying: false,
  });
}

/** The next member of the run has its result. */
export function addResult(run: OpenRun, resolution: MemberResolution, error: FaultError): void {
  run.handled += 1;
  if (run.handled >= run.members.length) return;
  const result = memberResult(resolution, error);
  if (run.results === undefined) run.results = [result];
  else run.results.push(result);
}

/** A ready run is parked or done. It is the oldest, unless its own last result has just woken an older one. */
export function leaveReady(volatile: MmVolatileState, run: OpenRun): void {
  const ready = volatile.ready;
  if (ready[volatile.readyHead] !== run) {
    const place = ready.indexOf(run, volatile.readyHead);
    if (place < 0) throw new MmInvariantBroken(`run ${run.run} is not ready`);
    ready.splice(place, 1);
    return;
  }
  if (ready.length === 1) {
    // Not by its length: an array that is emptied that way has to make room again for the next run.
    ready.pop();
    return;
  }
  volatile.readyHead += 1;
  if (volatile.readyHead === ready.length) {
    ready.length = 0;
    volatile.readyHead = 0;
  } else if (volatile.readyHead >= 4096) {
    ready.splice(0, volatile.readyHead);
    volatile.readyHead = 0;
  }
}

/** A parked run goes on. It is older than most ready ones, so its place is looked for from the head. */
export function makeReady(volatile: MmVolatileState, run: OpenRun): void {
  const ready = volatile.ready;
  const head = ready[volatile.readyHead];
  if (head !== undefined && run.age < head.age && volatile.readyHead > 0) {
    volatile.readyHead -= 1;
    ready[volatile.readyHead] = run;
    return;
  }
  let place = volatile.readyHead;
  while (place < ready.length && (ready[place]?.age ?? 0) < run.age) place += 1;
  ready.splice(place, 0, run);
}

/** Parks a run for a frame. Nearly always the youngest waiting, so its place is looked for from the end. */
export function waitForFrame(volatile: MmVolatileState, run: OpenRun): void {
  const waiters = volatile.frameWaiters;
  let place = waiters.length;
  while (place > 0 && (waiters[place - 1]?.age ?? 0) > run.age) place -= 1;
  waiters.splice(place, 0, run);
}

/** Parks a run until the removed entry (mm, page) is invalidated. */
export function waitForPage(volatile: MmVolatileState, run: OpenRun, mm: number, page: number): void {
  let pages = volatile.pageWaiters.get(mm);
  if (pages === undefined) volatile.pageWaiters.set(mm, (pages = new Map()));
  const waiters = pages.get(page);
  if (waiters === undefined) pages.set(page, [run]);
  else waiters.push(run);
  volatile.pageWaiting += 1;
}

/** The removed entry (mm, page) is invalidated: all that waited for it go on. */
export function wakePageWaiters(volatile: MmVolatileState, mm: number, page: number): void {
  if (volatile.pageWaiting === 0) return;
  const pages = volatile.pageWaiters.get(mm);
  const waiters = pages?.get(page);
  if (pages === undefined || waiters === undefined) return;
  pages.delete(page);
  if (pages.size === 0) volatile.pageWaiters.delete(mm);
  volatile.pageWaiting -= waiters.length;
  for (const run of waiters) makeReady(volatile, run);
}
