import type { HandleReply } from '@faultline/contracts';
import { Numbered, type RunMember, type RunResult } from '@faultline/domain';
import type { RunSpan } from '../common';

/** A worker's request: its runs are answered together, when the last of them is done. */
export class OpenRequest {
  readonly replies: HandleReply[] = [];

  constructor(
    private open: number,
    private readonly done: (replies: readonly HandleReply[]) => void,
  ) {}

  answer(reply: HandleReply): void {
    this.replies.push(reply);
    this.open -= 1;
    if (this.open === 0) this.done(this.replies);
  }
}

/** A run under way, and what it belongs to. */
export interface OpenRun {
  request: OpenRequest;
  /** The worker's number for it. */
  run: number;
  members: readonly RunMember[];
  handlingAtMicros: number;
  /** Present when one of its faults is traced. */
  span: RunSpan | undefined;
  /** Pages that its faults brought along so far. */
  prefetched: number;
}

/** Runs under way, numbered here: several workers may choose the same number. */
export class OpenRuns {
  private readonly runs = new Numbered<OpenRun>();

  /** Returns the shard's number for the run. */
  open({ request, run, members, handlingAtMicros, span }: Omit<OpenRun, 'prefetched'>): number {
    const number = this.runs.free();
    this.runs.add(number, { request, run, members, handlingAtMicros, span, prefetched: 0 });
    return number;
  }

  /** A fault of the run, by the shard's number, brought pages along. */
  addPrefetched(run: number, pages: number): void {
    const open = this.runs.get(run);
    if (open) open.prefetched += pages;
  }

  /** The span of a run, by the shard's number; undefined for one that is not traced. */
  spanOf(run: number): RunSpan | undefined {
    return this.runs.get(run)?.span;
  }

  /** The run with this result; it is not under way any more. */
  finish(result: RunResult): OpenRun {
    const run = this.runs.get(result.run);
    if (!run) throw new Error(`run ${result.run} is not under way`);
    this.runs.delete(result.run);
    return run;
  }
}
