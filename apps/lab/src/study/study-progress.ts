import type { PointRun, RunMode } from '@faultline/study';
import { mean } from '@faultline/stats';

/** Says how far a study is, and how long the rest may take: what runs of the same kind took so far, for each that is left. */
export class StudyProgress {
  private readonly took: Record<RunMode, number[]> = { live: [], simulated: [] };

  private readonly left: Record<RunMode, number> = { live: 0, simulated: 0 };

  /** `open` are the runs that are still to be made; simulated ones are made `jobs` at a time. */
  constructor(
    open: readonly Pick<PointRun, 'mode'>[],
    private readonly wanted: number,
    private readonly jobs: number,
  ) {
    for (const { mode } of open) this.left[mode] += 1;
  }

  /** A run was made, and took so long with everything that was done for it. */
  take({ mode }: Pick<PointRun, 'mode'>, tookMillis: number): void {
    this.took[mode].push(tookMillis);
    this.left[mode] -= 1;
  }

  /** Null while a kind of run that is left was not made yet. */
  get leftMillis(): number | null {
    let sum = 0;
    for (const mode of ['live', 'simulated'] as const) {
      if (this.left[mode] === 0) continue;
      if (this.took[mode].length === 0) return null;
      sum += (mean(this.took[mode]) * this.left[mode]) / (mode === 'live' ? 1 : this.jobs);
    }
    return sum;
  }

  get line(): string {
    const { leftMillis, wanted } = this;
    const made = wanted - this.left.live - this.left.simulated;
    const left = leftMillis === null || made === wanted ? '' : `, ${roughly(leftMillis)} left`;
    return `${made} of ${wanted} runs${left}`;
  }
}

/** `about 3 min`. */
export function roughly(millis: number): string {
  const seconds = Math.max(1, Math.round(millis / 1000));
  if (seconds < 90) return `about ${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `about ${minutes} min` : `about ${Math.round(minutes / 6) / 10} h`;
}
