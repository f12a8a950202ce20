import type { RunResult } from '@faultline/domain';

/** A run's result with the moment when the log held it. */
export interface FinishedRun extends RunResult {
  atMicros: number;
}

/** Runs under way, numbered here: several workers may choose the same number. */
export class OpenRuns {
  private readonly waiting = new Map<number, (finished: FinishedRun) => void>();
  private last = 0;

  open(resolve: (finished: FinishedRun) => void): number {
    this.last += 1;
    this.waiting.set(this.last, resolve);
    return this.last;
  }

  finish(result: RunResult, atMicros: number): void {
    const resolve = this.waiting.get(result.run);
    this.waiting.delete(result.run);
    resolve?.({ ...result, atMicros });
  }
}
