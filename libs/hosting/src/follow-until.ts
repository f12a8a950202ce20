import type { LogMessage, LogPort, Running } from './ports';

/**
 * Follows a subject of the log until `take` gives something else than undefined, and resolves with that when the following has
 * stopped; messages that came until then were handed over as well. Rejects with what `take` throws, and when the log cannot be read.
 */
export async function followUntil<T>(
  log: LogPort,
  where: { subject: string; fromSequence: number },
  take: (message: LogMessage) => T | undefined,
): Promise<T> {
  let following: Promise<Running> | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      following = log.follow({
        ...where,
        onMessage: (message) => {
          const found = take(message);
          if (found !== undefined) resolve(found);
        },
        onError: reject,
      });
      following.catch(reject);
    });
  } finally {
    await following?.then((running) => running.stop()).catch(() => undefined);
  }
}
