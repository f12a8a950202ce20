import type { ApiError } from 'nats';
import { JetStreamRefused } from './jetstream-api';
import { RequestFailed } from './requests';

/**
 * What a cluster answers while it elects a leader, or has not heard of all its servers yet: no leader, not a leader, no suitable
 * peers, stream or consumer offline.
 */
const PASSING = new Set([10005, 10008, 10009, 10118, 10119]);
/** An election takes a second or two; a server that comes back reads its log first. */
const PATIENCE_MILLIS = 15_000;
const RETRY_MILLIS = 250;

/** What the JetStream API said, when that is what was thrown. */
export function apiErrorOf(thrown: unknown): ApiError | undefined {
  return thrown instanceof Error && 'api_error' in thrown
    ? (thrown.api_error as ApiError | undefined)
    : undefined;
}

/** Whether asking again in a moment may do. A question to a cluster may also be lost with the server that had it. */
export function isPassing(thrown: unknown): boolean {
  if (thrown instanceof RequestFailed)
    return thrown.failure === 'timeout' || thrown.failure === 'disconnected';
  const code = thrown instanceof JetStreamRefused ? thrown.code : apiErrorOf(thrown)?.err_code;
  if (code !== undefined) return PASSING.has(code);
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'TIMEOUT';
}

/** Asks again while the answer says that the cluster is not ready; rejects with the last answer when it stays so. */
export async function patiently<T>(ask: () => Promise<T>, patienceMillis = PATIENCE_MILLIS): Promise<T> {
  const deadline = performance.now() + patienceMillis;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error) || performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MILLIS));
    }
  }
}
