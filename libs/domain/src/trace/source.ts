import type { AccessDraw, AccessSource } from '../workload/source';
import type { TraceRun } from './collapse';

/** Replays runs of a trace as the accesses of one device, all in one address space: each run is one access. */
export function createTraceSource(runs: readonly TraceRun[], pasid: number): AccessSource {
  let at = 0;
  return {
    count: runs.length,
    next(): AccessDraw | undefined {
      const run = runs[at];
      if (run === undefined) return undefined;
      at += 1;
      return { pasid, page: run.page, offset: run.offset, permissions: run.permissions };
    },
  };
}
