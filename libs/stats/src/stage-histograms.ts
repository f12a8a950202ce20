import { Histogram, type LatencySummary } from './histogram';

/** What something took that passed through stages; a stage that it did not have is null, and so is a whole that has not ended. */
export interface StageTimes<Stage extends string> {
  stages: Readonly<Record<Stage, number | null>>;
  totalMicros: number | null;
}

/** Latencies from end to end and of every stage, in microseconds, of everything that came to its end. */
export class StageHistograms<Stage extends string> {
  readonly endToEnd = new Histogram();
  private readonly histograms: readonly Histogram[];

  constructor(private readonly stages: readonly Stage[]) {
    this.histograms = stages.map(() => new Histogram());
  }

  /** Adds one. What has not come to its end counts nowhere, so that the stages are those of the same as the whole. */
  record({ stages, totalMicros }: StageTimes<Stage>): void {
    if (totalMicros === null) return;
    this.endToEnd.record(totalMicros);
    // By place: this is done for every fault.
    for (let place = 0; place < this.stages.length; place += 1) {
      const micros = stages[this.stages[place] as Stage];
      if (micros !== null) this.histograms[place]?.record(micros);
    }
  }

  /** The latencies of one stage. Throws a RangeError for a stage that is none of these. */
  of(stage: Stage): Histogram {
    const histogram = this.histograms[this.stages.indexOf(stage)];
    if (!histogram) throw new RangeError(`no stage '${stage}', expected one of ${this.stages.join(', ')}`);
    return histogram;
  }

  /** The figures of a report, by stage. */
  summaries(): { endToEnd: LatencySummary } & Record<Stage, LatencySummary> {
    const summaries = this.stages.map((stage) => [stage, this.of(stage).summary()] as const);
    return {
      endToEnd: this.endToEnd.summary(),
      ...(Object.fromEntries(summaries) as Record<Stage, LatencySummary>),
    };
  }
}
