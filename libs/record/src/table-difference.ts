import type { DataSource } from 'typeorm';
import { openForReading } from './database';
import { PROJECTIONS_DATABASE } from './projections-schema';
import { keyOf, type Row, type TableContent } from './table-content';

/** A row that is not the same before and after; `null` where there is none. */
export interface RowDifference {
  /** Values of the row's key. */
  key: unknown[];
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

/** How a table changed. */
export interface TableDifference {
  table: string;
  rowsBefore: number;
  rowsAfter: number;
  /** The first rows that differ, in the order of their keys, with the columns that differ. */
  rows: RowDifference[];
}

/** Rows of each table that are shown. */
const SHOWN_ROWS = 5;

/** The tables that differ, each with its first differing rows. */
export async function compareTables(
  path: string,
  beforePath: string,
  before: readonly TableContent[],
  after: readonly TableContent[],
): Promise<TableDifference[]> {
  const changed = after.filter(
    ({ table, hash }) => before.find((each) => each.table === table)?.hash !== hash,
  );
  if (changed.length === 0) return [];
  const source = await openForReading(path, PROJECTIONS_DATABASE);
  try {
    await source.query('ATTACH DATABASE ? AS old', [beforePath]);
    const differences: TableDifference[] = [];
    for (const { table, rows } of changed) {
      const rowsBefore = before.find((each) => each.table === table)?.rows ?? 0;
      differences.push({ table, rowsBefore, rowsAfter: rows, rows: await differingRows(source, table) });
    }
    return differences;
  } finally {
    await source.destroy();
  }
}

async function differingRows(source: DataSource, table: string): Promise<RowDifference[]> {
  const names = await keyOf(source, table);
  const only = (one: string, other: string): Promise<Row[]> =>
    source.query<Row[]>(
      `SELECT * FROM (SELECT * FROM ${one}.${table} EXCEPT SELECT * FROM ${other}.${table}) ORDER BY ${names.join(', ')} LIMIT ${SHOWN_ROWS}`,
    );
  const [gone, come] = [await only('old', 'main'), await only('main', 'old')];
  const found = new Map<string, RowDifference>();
  const at = (row: Row): RowDifference => {
    const values = names.map((name) => row[name]);
    const known = found.get(JSON.stringify(values)) ?? { key: values, before: null, after: null };
    found.set(JSON.stringify(values), known);
    return known;
  };
  for (const row of gone) at(row).before = row;
  for (const row of come) at(row).after = row;
  return [...found.values()].slice(0, SHOWN_ROWS).map(onlyDifferent);
}

/** Of a row that is there before and after, the columns that differ. */
function onlyDifferent({ key, before, after }: RowDifference): RowDifference {
  if (!before || !after) return { key, before, after };
  const names = Object.keys(after).filter((name) => before[name] !== after[name]);
  const pick = (row: Row): Row => Object.fromEntries(names.map((name) => [name, row[name]]));
  return { key, before: pick(before), after: pick(after) };
}
