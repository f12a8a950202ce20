import { type FaultRow, STAGES } from '@faultline/audit';
import type { DataSource } from 'typeorm';
import type { FaultRecord } from './fault-table';
import { type Measure, MEASURE_SQL, type MeasuredRecord } from './stage-sql';

/** Which faults to list. What is absent does not matter. */
export interface FaultFilter {
  device?: number;
  pasid?: number;
  page?: number;
  code?: FaultRow['code'];
  /** What `leastMicros`, `mostMicros` and the order of the slowest speak of; `total`, from sent to settled, by default. */
  measure?: Measure;
  leastMicros?: number;
  mostMicros?: number;
  /** Slowest first by the measure, without those that have no such time; also where a bound is given. Else in the order of their identity. */
  slowestFirst?: boolean;
  /** Faults of a page, 1 to 1000; 50 by default. */
  limit?: number;
  /** `nextCursor` of the page before. */
  cursor?: string;
}

export const FAULT_KEY = ['segment', 'segmentEpoch', 'request', 'stallRound'] as const;
const EQUALS = ['device', 'pasid', 'page', 'code'] as const;
const MAX_LIMIT = 1000;
/**
 * Up to so many rows it is quicker to fetch all that a filter leaves and sort them than to go through all faults in the order of the
 * measure until enough of them pass the filter; of more, there are enough soon.
 */
const SORTABLE_ROWS = 50_000;

/** The rows of one page, and whether there are more. Throws a RangeError for a cursor or a limit that is none. */
export async function listFaults(
  source: DataSource,
  filter: FaultFilter,
): Promise<{ records: FaultRecord[]; nextCursor: string | null }> {
  const limit = filter.limit ?? 50;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw new RangeError(`limit is ${limit}, expected 1 to ${MAX_LIMIT}`);
  const { sql, values } = statementOf(filter, await drivingColumn(source, filter));
  const records = await source.query<MeasuredRecord[]>(sql, [...values, limit + 1]);
  const last = records.length > limit ? records[limit - 1] : undefined;
  return { records: records.slice(0, limit), nextCursor: last ? cursorOf(last, filter) : null };
}

const isByMeasure = ({ slowestFirst, leastMicros, mostMicros }: FaultFilter): boolean =>
  slowestFirst === true || leastMicros !== undefined || mostMicros !== undefined;

const measureOf = ({ measure = 'total' }: FaultFilter): string => MEASURE_SQL[measure];

/** The key is part of the order, so that a cursor names one place exactly; and all of it goes one way, so that an index serves it. */
export function statementOf(
  filter: FaultFilter,
  driving: string | undefined,
): { sql: string; values: unknown[] } {
  const byMeasure = isByMeasure(filter);
  const measure = measureOf(filter);
  const values: unknown[] = [];
  const conditions: string[] = [];
  const where = (condition: string, ...more: readonly unknown[]): void => {
    conditions.push(condition);
    values.push(...more);
  };
  for (const name of EQUALS) {
    // The sign keeps SQLite from the index of a column that leaves too much to sort.
    const column = byMeasure && name !== driving ? `+${name}` : name;
    if (filter[name] !== undefined) where(`${column} = ?`, filter[name]);
  }
  if (byMeasure) where(`${measure} IS NOT NULL`);
  if (filter.leastMicros !== undefined) where(`${measure} >= ?`, filter.leastMicros);
  if (filter.mostMicros !== undefined) where(`${measure} <= ?`, filter.mostMicros);
  const at = numbersOf(filter);
  const key = FAULT_KEY.join(', ');
  if (at && byMeasure) {
    where(`${measure} <= ?`, at[0]);
    where(`(${measure}, ${key}) < (?, ?, ?, ?, ?)`, ...at);
  } else if (at) where(`(${key}) > (?, ?, ?, ?)`, ...at);
  const order = byMeasure ? [measure, ...FAULT_KEY].map((name) => `${name} DESC`).join(', ') : key;
  const conditioned = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  return {
    sql: `SELECT *, ${measure} AS measure FROM fault ${conditioned} ORDER BY ${order} LIMIT ?`,
    values,
  };
}

/** Of the columns that are asked for, the one whose index leaves the fewest rows, if these are few enough to be sorted. */
export async function drivingColumn(source: DataSource, filter: FaultFilter): Promise<string | undefined> {
  if (!isByMeasure(filter)) return undefined;
  let driving: string | undefined;
  let fewest = SORTABLE_ROWS;
  for (const name of EQUALS) {
    if (filter[name] === undefined) continue;
    const sql = `SELECT COUNT(*) AS found FROM (SELECT 1 FROM fault WHERE ${name} = ? LIMIT ${fewest})`;
    const [row] = await source.query<{ found: number }[]>(sql, [filter[name]]);
    const found = row?.found ?? 0;
    if (found < fewest) [driving, fewest] = [name, Math.max(1, found)];
  }
  return driving;
}

function numbersOf({ cursor, ...filter }: FaultFilter): number[] | undefined {
  if (cursor === undefined) return undefined;
  const parts = cursor.split(':');
  const numbers = parts.map(Number);
  const places = FAULT_KEY.length + (isByMeasure(filter) ? 1 : 0);
  if (
    numbers.length !== places ||
    !numbers.every((number, at) => Number.isFinite(number) && parts[at] !== '')
  )
    throw new RangeError(`cursor '${cursor}' is none of this listing`);
  return numbers;
}

function cursorOf(record: MeasuredRecord, filter: FaultFilter): string {
  const key = FAULT_KEY.map((name) => record[name]);
  return (isByMeasure(filter) ? [record.measure, ...key] : key).join(':');
}

/** Names of what a listing can be ordered by. */
export const MEASURES: readonly Measure[] = ['total', ...STAGES];
