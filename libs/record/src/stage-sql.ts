import type { Stage } from '@faultline/audit';
import type { FaultRecord } from './fault-table';

/** What a listing can be ordered by, and bounded in: a stage, or the whole. */
export type Measure = Stage | 'total';

/** When each step happened, in order. The device's own word counts for a PRI response, as in `measureStages`. */
const ANSWERED =
  "CASE model WHEN 'pri' THEN COALESCE(receivedAtMicros, respondedAtMicros) ELSE respondedAtMicros END";
const ENDS = [
  ['deviceToIommu', 'writtenAtMicros'],
  ['iommuToQueue', 'queuedAtMicros'],
  ['queueWait', 'startedAtMicros'],
  ['mm', 'handledAtMicros'],
  ['response', ANSWERED],
  ['retry', 'settledAtMicros'],
] as const satisfies readonly (readonly [Stage, string])[];

/**
 * How long each stage took, as SQL over the instants of a row: NULL for one whose end is missing, whose time is then part of the next.
 * It is not stored, because it follows from the instants; indexes on these very texts serve the queries that have them.
 */
export const MEASURE_SQL: Readonly<Record<Measure, string>> = {
  ...(Object.fromEntries(ENDS.map(([stage, end], place) => [stage, `${end} - ${beginOf(place)}`])) as Record<
    Stage,
    string
  >),
  total: 'totalMicros',
};

/** A step that did not happen does not count: the stage begins where the one before ended. */
function beginOf(place: number): string {
  const before = ENDS.slice(0, place).map(([, end]) => end);
  return before.length === 0
    ? 'sentAtMicros'
    : `COALESCE(${[...before.reverse(), 'sentAtMicros'].join(', ')})`;
}

/** A listing by the time of a stage looks at few rows of a million only with an index of its own. */
export const CREATE_STAGE_INDEXES: readonly string[] = ENDS.map(
  ([stage]) => `CREATE INDEX IF NOT EXISTS fault_${stage} ON fault (${MEASURE_SQL[stage]})`,
);

/** A row as a listing by a measure has it. */
export type MeasuredRecord = FaultRecord & { measure: number };
