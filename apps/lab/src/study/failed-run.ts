import { type AuditReport, STAGES } from '@faultline/audit';
import { Histogram } from '@faultline/stats';
import type { PointRun } from '@faultline/study';
import { nowMicros } from '@faultline/messaging';
import type { KnownOfRun } from './run-job';

/** What stands in the place of a run that came to no end: why, and no figures. */
export function failedRun(
  known: KnownOfRun & Pick<PointRun, 'live'>,
  wallMillis: number,
  error: unknown,
): PointRun {
  const none = new Histogram().toData();
  const stages = Object.fromEntries(STAGES.map((stage) => [stage, none])) as PointRun['histograms'];
  return {
    ...known,
    wallMillis: Math.round(wallMillis),
    endedAtMicros: nowMicros(),
    figures: {},
    histograms: { ...stages, endToEnd: none },
    window: { fromMicros: 0, toMicros: 0, runMicros: 0 },
    audit: { clean: false, violated: [] },
    logHash: null,
    failure: error instanceof Error ? error.message : String(error),
  };
}

/** Invariants that do not hold. */
export function violatedOf({ invariants }: AuditReport): PointRun['audit']['violated'] {
  return invariants.filter(({ status }) => status === 'failed').map(({ invariant }) => invariant);
}
