import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { BatchHeaders, ResolvedScenario } from '@faultline/contracts';
import type { LogMessage } from '@faultline/hosting';
import { FaultQueries, Projections, RecordReader, RecordWriter } from '@faultline/record';

export const HISTORIES = join(__dirname, '../histories');
const FORMAT = 'faultline-history/1';

/** A run as a version of this program recorded it, and what that version made of it. */
export interface History {
  format: typeof FORMAT;
  /** The version that recorded it. */
  version: string;
  name: string;
  scenario: ResolvedScenario;
  /** The log, in order, from sequence 1. */
  messages: LogMessage[];
  expected: ProjectedRun;
}

/** What the projections of a run hold, by column, so that a later version may add columns. */
export interface ProjectedRun {
  columns: string[];
  rows: unknown[][];
  counters: Record<string, number>;
}

/** A message in the file: the body in base64, its sequence by its place. */
type StoredMessage = BatchHeaders & { subject: string; id: string; body: string };

/** All histories that are kept, as `version/name`. */
export function historyNames(): string[] {
  const versions = readdirSync(HISTORIES).filter((each) => statSync(join(HISTORIES, each)).isDirectory());
  return versions
    .flatMap((version) => readdirSync(join(HISTORIES, version)).map((file) => `${version}/${file}`))
    .filter((file) => file.endsWith('.json.gz'))
    .map((file) => file.replace(/\.json\.gz$/, ''))
    .sort();
}

const fileOf = (name: string): string => join(HISTORIES, `${name}.json.gz`);

export function readHistory(name: string): History {
  const stored = JSON.parse(gunzipSync(readFileSync(fileOf(name))).toString('utf8')) as Omit<
    History,
    'messages'
  > & {
    messages: StoredMessage[];
  };
  if (stored.format !== FORMAT)
    throw new Error(`${name} has the format ${String(stored.format)}, expected ${FORMAT}`);
  const messages = stored.messages.map(({ subject, id, body, ...headers }, place): LogMessage => ({
    ...{ subject, id, headers, sequence: place + 1 },
    body: Uint8Array.from(Buffer.from(body, 'base64')),
  }));
  return { ...stored, messages };
}

export function writeHistory({ messages, ...rest }: History): void {
  const stored = messages.map(({ subject, id, headers, body }): StoredMessage => ({
    ...{ subject, id, ...headers },
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64'),
  }));
  const text = JSON.stringify({ ...rest, messages: stored });
  writeFileSync(fileOf(`${rest.version}/${rest.name}`), gzipSync(text, { level: 9 }));
}

/** A new history, with what this version makes of it. */
export async function historyOf(
  version: string,
  scenario: ResolvedScenario,
  messages: LogMessage[],
): Promise<History> {
  const expected = await projectLog(messages);
  return { format: FORMAT, version, name: scenario.name, scenario, messages, expected };
}

/** The projections of a log, built in a folder that is gone afterwards; with restarts after so many messages, if told. */
export async function projectLog(
  log: readonly LogMessage[],
  restartAfter: readonly number[] = [],
): Promise<ProjectedRun> {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-history-'));
  try {
    const writer = await RecordWriter.open(folder);
    await writer.append(log);
    await writer.close();
    const reader = await RecordReader.open(folder);
    for (const upTo of [...restartAfter, undefined]) {
      const projections = await Projections.open(folder);
      await projections.project(reader, upTo);
      await projections.close();
    }
    await reader.close();
    return await readProjections(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function readProjections(folder: string): Promise<ProjectedRun> {
  const queries = await FaultQueries.open(folder);
  const rows: Record<string, unknown>[] = [];
  for (let cursor: string | undefined, more = true; more;) {
    const page = await queries.faults({ cursor, limit: 1000 });
    rows.push(...page.faults.map((fault) => flat(fault)));
    cursor = page.nextCursor ?? undefined;
    more = cursor !== undefined;
  }
  const counters = await queries.counters();
  await queries.close();
  const columns = Object.keys(rows[0] ?? {}).sort();
  return { columns, rows: rows.map((row) => columns.map((column) => row[column] ?? null)), counters };
}

/** A row with what is inside of it by its path. */
function flat(value: object, prefix = ''): Record<string, unknown> {
  return Object.assign(
    {},
    ...Object.entries(value).map(([name, each]: [string, unknown]) =>
      typeof each === 'object' && each !== null ? flat(each, `${prefix}${name}.`) : { [prefix + name]: each },
    ),
  ) as Record<string, unknown>;
}
