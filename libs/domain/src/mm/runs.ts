import type { MemberResult } from '../iopf/events';
import { MmInvariantBroken } from './errors';
import type { Run, RunMember } from './run';

/** A run between its opening and its result. */
export interface OpenRun {
  run: number;
  /** Order of opening: the oldest ready run goes on first, and the oldest waiting one gets the next frame. */
  age: number;
  members: readonly RunMember[];
  /** Results of the members before the next one. */
  results: MemberResult[];
  /** Whether a free frame is kept for its next member. */
  reserved: boolean;
  /** Whether its next member cleared an entry in order to copy the page (R121). */
  copying: boolean;
}

/** Open runs and what they wait for. */
export interface MmVolatileState {
  /** Runs ever opened. */
  opened: number;
  open: Map<number, OpenRun>;
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
    open: new Map(),
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

/** An open run by its number; nearly always the oldest ready one. */
export function findRun(volatile: MmVolatileState, run: number): OpenRun {
  const oldest = volatile.ready[volatile.readyHead];
  if (oldest !== undefined && oldest.run === run) return oldest;
  const found = volatile.open.get(run);
  if (found === undefined) throw new MmInvariantBroken(`run ${run} is not open`);
  return found;
}

/** A new run is the youngest, so it goes to the end. */
export function openRun(volatile: MmVolatileState, run: Run): void {
  volatile.opened += 1;
  const open: OpenRun = {
    run: run.run,
    age: volatile.opened,
    members: run.members,
    results: [],
    reserved: false,
    copying: false,
  };
  volatile.open.set(run.run, open);
  volatile.ready.push(open);
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
