import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { copyDatabase, PROJECTIONS_FILE } from './database';
import { RecordUnreadable } from './errors';
import { compareTables, type TableDifference } from './table-difference';
import { Projections } from './projections';
import { PROJECTIONS_DATABASE } from './projections-schema';
import { RecordReader } from './record-reader';
import { projectionContent, type TableContent } from './table-content';

/** What was there before is kept under this name while the projections are built anew, and longer when it is not the same. */
export const PROJECTIONS_BEFORE_FILE = 'projections.before.sqlite';

/** What a rebuild found. Plain data, for JSON. */
export interface RebuildReport {
  /** Messages of the record that the projections are made of. */
  messages: number;
  /** What was there before: tables, nothing at all, or a file that could not be read, with the reason. */
  before: 'tables' | 'nothing' | { unreadable: string };
  /** Every table has the same rows as before. False when there was something that could not be read. */
  identical: boolean;
  tables: readonly TableContent[];
  /** Tables that were not the same, with the first rows that differ. */
  differences: readonly TableDifference[];
  /** The file with what was there before; null when it is gone, because nothing in it was different. */
  kept: string | null;
}

/**
 * Drops the projections of a run, builds them again from its record, and compares. Projections that are behind the record are
 * brought to its end first, so that a difference is never just a delay. Throws `RecordMissing` without a record, `RecordNewer` and
 * `RecordNotWritable`.
 */
export async function rebuildProjections(directory: string): Promise<RebuildReport> {
  const path = join(directory, PROJECTIONS_FILE);
  const copy = join(directory, PROJECTIONS_BEFORE_FILE);
  const reader = await RecordReader.open(directory);
  try {
    const before = await contentBefore(directory, reader);
    if (before === undefined || 'unreadable' in before)
      for (const file of [path, `${path}-wal`, `${path}-shm`, copy]) rmSync(file, { force: true });
    const projections = await Projections.open(directory);
    const messages = await projections.rebuild(reader).finally(() => projections.close());
    const tables = await projectionContent(directory);
    if (before === undefined) return { ...NOTHING, messages, tables };
    if ('unreadable' in before) return { ...NOTHING, messages, tables, before, identical: false };
    const differences = await compareTables(path, copy, before, tables);
    const identical = differences.length === 0;
    if (identical) rmSync(copy, { force: true });
    return { messages, before: 'tables', identical, tables, differences, kept: identical ? null : copy };
  } finally {
    await reader.close();
  }
}

const NOTHING = { before: 'nothing', identical: true, differences: [], kept: null } as const;

/** What there was, of which a copy is kept; undefined for nothing. */
async function contentBefore(
  directory: string,
  reader: RecordReader,
): Promise<TableContent[] | { unreadable: string } | undefined> {
  const path = join(directory, PROJECTIONS_FILE);
  if (!existsSync(path)) return undefined;
  try {
    const projections = await Projections.open(directory);
    await projections.project(reader).finally(() => projections.close());
    await copyDatabase(path, join(directory, PROJECTIONS_BEFORE_FILE), PROJECTIONS_DATABASE);
    return await projectionContent(directory);
  } catch (error) {
    // It holds nothing that the record does not give again: a damaged file is what a rebuild is for.
    if (error instanceof RecordUnreadable) return { unreadable: error.reason };
    throw error;
  }
}
