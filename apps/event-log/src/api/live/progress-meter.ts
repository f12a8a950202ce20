import { LiveTally, type TallyTotals } from './live-tally';
import type { LaboratorySight } from './laboratory-watch';
import { accessesOf } from './live-look';
import type { Progress } from './live-schemas';

/** Rates are taken over this much time, so that they neither jump nor lag. */
const RATE_MICROS = 2_000_000;
/** Looks that are kept: five minutes of two a second. */
const MOST_KEPT = 600;

/** Makes of the counts of a run, looked at now and then, how it goes on. */
export class ProgressMeter {
  readonly history: Progress[] = [];
  private recent: { atMicros: number; totals: TallyTotals }[] = [];
  private wasBehind = true;

  /** A look at one moment, which is kept. What settled since the last one counts in its stages. */
  look(sight: LaboratorySight, nowMicros: number): Progress {
    const { tally, position, recordedTo } = sight.follower;
    const totals = tally.total;
    const stages = tally.takeStages();
    const isBehind = position < recordedTo;
    // What was read to catch up is history, and no rate.
    if (isBehind || this.wasBehind) this.recent = [];
    const progress: Progress = {
      ...{ atMicros: nowMicros, position, recordedTo, catchingUp: isBehind || this.wasBehind },
      ...this.rates(nowMicros, totals),
      ...{ totals, accesses: accessesOf(sight), stages: stages as Progress['stages'] },
    };
    this.wasBehind = isBehind;
    if (!progress.catchingUp) this.history.push(progress);
    if (this.history.length > MOST_KEPT) this.history.shift();
    return progress;
  }

  /** How it stands, without being counted as a look. */
  peek(sight: LaboratorySight, nowMicros: number): Progress {
    const { tally, position, recordedTo } = sight.follower;
    const last = this.history.at(-1);
    const { faultsPerSecond, eventsPerSecond, stages } =
      last && nowMicros - last.atMicros < RATE_MICROS
        ? last
        : {
            faultsPerSecond: 0,
            eventsPerSecond: 0,
            stages: new LiveTally().takeStages() as Progress['stages'],
          };
    return {
      ...{ atMicros: nowMicros, position, recordedTo, catchingUp: position < recordedTo },
      ...{ faultsPerSecond, eventsPerSecond, stages },
      ...{ totals: tally.total, accesses: accessesOf(sight) },
    };
  }

  private rates(
    atMicros: number,
    totals: TallyTotals,
  ): Pick<Progress, 'faultsPerSecond' | 'eventsPerSecond'> {
    this.recent.push({ atMicros, totals });
    while (this.recent.length > 2 && atMicros - (this.recent[1]?.atMicros ?? 0) >= RATE_MICROS)
      this.recent.shift();
    const [first] = this.recent;
    const micros = atMicros - (first?.atMicros ?? atMicros);
    const rate = (now: number, then = now): number => (micros > 0 ? ((now - then) * 1e6) / micros : 0);
    return {
      faultsPerSecond: rate(totals.faults, first?.totals.faults),
      eventsPerSecond: rate(totals.events, first?.totals.events),
    };
  }
}
