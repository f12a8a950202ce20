import type { DataSource } from 'typeorm';

const KEY = 'tracedShare';

/** SQL for the share that a record says, which is absent from one that began before any was noted. */
export const TRACED_SHARE_SQL = `SELECT CAST(value AS REAL) AS share FROM meta WHERE key = '${KEY}'`;

/**
 * Notes of what share of the faults there are traces. Where writers of one record were told of several, the least holds: what is sampled
 * by a share is sampled by every greater one. What was recorded before anything was noted had none, as far as is known.
 */
export async function noteTracedShare(source: DataSource, share: number, isEmpty: boolean): Promise<void> {
  const [known] = await source.query<{ share: number }[]>(TRACED_SHARE_SQL);
  const before = known?.share ?? (isEmpty ? share : 0);
  if (known && before <= share) return;
  await source.query('INSERT OR REPLACE INTO meta VALUES (?, ?)', [KEY, String(Math.min(before, share))]);
}
