import { statfs } from 'node:fs/promises';
import { RunFailed } from '../errors';

/** Below this nothing of a run can be written any more. */
const LEAST_FREE_BYTES = 4 * 1024 ** 2;

/** A full disk shows as whatever stopped first for want of it; what has to be said is that it is full. */
export async function diskFull(path: string, failure: unknown): Promise<RunFailed | undefined> {
  const { bavail, bsize } = await statfs(path);
  if (bavail * bsize >= LEAST_FREE_BYTES) return undefined;
  const seen = failure instanceof Error ? ` (seen as: ${failure.message})` : '';
  return new RunFailed(
    `the disk that holds ${path} is full: free some space, or keep runs elsewhere with --runs DIR${seen}`,
  );
}
