import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { OPEN_READONLY } from 'sqlite3';
import * as sqlite3 from 'sqlite3';
import { DataSource, type EntitySchema } from 'typeorm';
import { RecordMissing, RecordNewer, translateError } from './errors';

/** The files of a run. */
export const LOG_FILE = 'log.sqlite';
export const PROJECTIONS_FILE = 'projections.sqlite';

/** What a database holds: `steps[n]` takes it from schema version `n` to `n + 1`. Steps are never changed, only added. */
export interface DatabaseDefinition {
  entities: EntitySchema[];
  steps: readonly (readonly string[])[];
}

/** How long a statement waits for another program that holds the file, in milliseconds. */
const BUSY_MILLIS = 5000;

/**
 * Opens a database for writing, makes it if it is new and brings an old one to the version of this program.
 *
 * It runs in WAL mode with `synchronous = NORMAL`: a killed process loses nothing that was committed; a power cut may lose the
 * last commits, but never leaves half of one. What is lost is read again from the log, where the position says.
 * Throws {@link RecordNewer} and {@link RecordNotWritable}.
 */
export async function openForWriting(path: string, definition: DatabaseDefinition): Promise<DataSource> {
  let source: DataSource | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    source = await connect(path, definition, { enableWAL: true });
    await source.query('PRAGMA synchronous = NORMAL');
    await migrate(source, path, definition.steps);
    return source;
  } catch (error) {
    await source?.destroy();
    throw translateError(error, path);
  }
}

/** Opens a database for reading. Throws {@link RecordMissing}, {@link RecordNewer} and `RecordUnreadable`. */
export async function openForReading(path: string, definition: DatabaseDefinition): Promise<DataSource> {
  if (!existsSync(path)) throw new RecordMissing(path);
  let source: DataSource | undefined;
  try {
    source = await connect(path, definition, { flags: OPEN_READONLY });
    if ((await checkVersion(source, path, definition.steps.length)) === 0) throw new RecordMissing(path);
    return source;
  } catch (error) {
    await source?.destroy();
    throw translateError(error, path);
  }
}

/**
 * Copies a database as it is at one moment into a new file, in place of one that is there. Some of it may be beside the file itself,
 * in its write-ahead log, so that SQLite has to do it. Throws the typed error of the failure.
 */
export async function copyDatabase(
  path: string,
  copyPath: string,
  definition: DatabaseDefinition,
): Promise<void> {
  rmSync(copyPath, { force: true });
  const source = await openForReading(path, definition);
  try {
    await source.query('VACUUM INTO ?', [copyPath]);
  } catch (error) {
    throw translateError(error, path);
  } finally {
    await source.destroy();
  }
}

/** Runs statements in one transaction. Throws the typed error of the failure; then nothing was written. */
export async function inTransaction<T>(source: DataSource, path: string, work: () => Promise<T>): Promise<T> {
  try {
    await source.query('BEGIN IMMEDIATE');
    try {
      const result = await work();
      await source.query('COMMIT');
      return result;
    } catch (error) {
      // A full disk may have rolled back already; then there is nothing left to do.
      await source.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  } catch (error) {
    throw translateError(error, path);
  }
}

/**
 * TypeORM switches the binding to its verbose mode, which captures a stack and prints all parameters of every statement just in
 * case it fails: half of the record's processor time. Errors keep SQLite's own message, which is what `translateError` reads.
 */
const quietDriver: unknown = { ...sqlite3, verbose: () => sqlite3 };

function connect(
  path: string,
  { entities }: DatabaseDefinition,
  more: { enableWAL?: boolean; flags?: number },
): Promise<DataSource> {
  const source = new DataSource({
    type: 'sqlite',
    database: path,
    driver: quietDriver,
    entities,
    logging: false,
    busyTimeout: BUSY_MILLIS,
    ...more,
  });
  return source.initialize();
}

async function migrate(source: DataSource, path: string, steps: DatabaseDefinition['steps']): Promise<void> {
  await source.query(
    'CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID',
  );
  if ((await checkVersion(source, path, steps.length)) === steps.length) return;
  await inTransaction(source, path, async () => {
    // Another process may have been faster; the lock is ours now.
    for (let version = await checkVersion(source, path, steps.length); version < steps.length; version += 1) {
      for (const statement of steps[version] ?? []) await source.query(statement);
    }
    await source.query(`INSERT OR REPLACE INTO meta VALUES ('schemaVersion', ?)`, [String(steps.length)]);
  });
}

/** The schema version of the file, 0 for a new one. */
async function checkVersion(source: DataSource, path: string, known: number): Promise<number> {
  const tables: unknown[] = await source.query(
    `SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'`,
  );
  if (tables.length === 0) return 0;
  const rows: { value: string }[] = await source.query(`SELECT value FROM meta WHERE key = 'schemaVersion'`);
  const found = Number(rows[0]?.value ?? 0);
  if (found > known) throw new RecordNewer(path, found, known);
  return found;
}
