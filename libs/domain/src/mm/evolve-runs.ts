import type { MemberHandled, RunFinished, RunParked } from './events';
import { countFree } from './frame-table';
import { addResult, findReady, leaveReady, makeReady, type OpenRun, waitForFrame, waitForPage } from './runs';
import type { MmState } from './state';

/** Free frames that are kept neither for a run nor for a migration. */
export function availableFrames(state: MmState): number {
  const { frames, migrating } = state.durable;
  return countFree(frames) - migrating - state.volatile.reserved;
}

/** Keeps a free frame for a run. */
function reserve(state: MmState, run: OpenRun): void {
  if (run.reserved) return;
  run.reserved = true;
  state.volatile.reserved += 1;
}

/** Hands free frames to the runs that wait for one, oldest first: a freed frame is never overtaken by a later run (D11). */
function giveFrames(state: MmState): void {
  const waiters = state.volatile.frameWaiters;
  while (waiters.length > 0 && availableFrames(state) > 0) {
    const run = waiters.shift();
    if (run === undefined) return;
    reserve(state, run);
    makeReady(state.volatile, run);
  }
}

/**
 * Something changed that may help runs waiting for a frame. When no frame is on its way any more, the oldest of them tries again
 * without one: it reclaims what became reclaimable since, or finds that memory is out.
 */
export function serveFrameWaiters(state: MmState): void {
  const volatile = state.volatile;
  if (volatile.frameWaiters.length === 0) return;
  giveFrames(state);
  if (state.durable.frames.quarantined > 0) return;
  const run = volatile.frameWaiters.shift();
  if (run !== undefined) makeReady(volatile, run);
}

/** The current run has one more result, and its reservation is used up or not needed. */
export function evolveMemberHandled(state: MmState, event: MemberHandled): void {
  const run = findReady(state.volatile, event.run);
  addResult(run, event.resolution, event.error);
  run.copying = false;
  if (run.reserved) {
    run.reserved = false;
    state.volatile.reserved -= 1;
  }
  serveFrameWaiters(state);
}

/** The current run waits. One that broke an entry to copy its page holds a frame, so that the copy cannot fail half way (R121). */
export function evolveRunParked(state: MmState, event: RunParked): void {
  const volatile = state.volatile;
  const run = findReady(volatile, event.run);
  leaveReady(volatile, run);
  if (event.cause === 'invalidation') {
    if (event.copying) {
      run.copying = true;
      reserve(state, run);
    }
    waitForPage(volatile, run, event.mm, event.page);
    return;
  }
  waitForFrame(volatile, run);
  // Reclaim may have found an idle page, which is free without any invalidation.
  giveFrames(state);
}

/** The current run has its result. */
export function evolveRunFinished(state: MmState, event: RunFinished): void {
  const run = findReady(state.volatile, event.result.run);
  leaveReady(state.volatile, run);
  state.volatile.open -= 1;
}
