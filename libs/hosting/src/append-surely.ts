import {
  AppendRefused,
  LogFull,
  LogReadFailed,
  LogUnavailable,
  type Appended,
  type ClockPort,
  type LogAppend,
  type LogMessage,
  type LogPort,
} from './ports';

/** Another owner, with a higher epoch, has written to the subject: whoever gets this must stop at once. Nothing of the append counts. */
export class Deposed extends Error {
  constructor(
    readonly subject: string,
    readonly epoch: number,
    readonly newerEpoch: number,
    options?: ErrorOptions,
  ) {
    super(`owner of epoch ${epoch} was deposed: ${subject} was written in epoch ${newerEpoch}`, options);
    this.name = 'Deposed';
  }
}

export interface AppendSurelyOptions {
  /** Tries before giving up; default 8, which with the default delays is about 6 s of unanswered log. */
  attempts?: number;
  /** Pause before the second try after silence, in microseconds; doubles each time; default 50 000. */
  retryDelayMicros?: number;
  /** Longest pause, in microseconds; default 2 000 000. */
  maxRetryDelayMicros?: number;
  /** What a try before these failed with: it may be in the log if it was not answered, and what no try survives ends them all. */
  failed?: Error;
}

/**
 * Appends so that the writer knows for sure whether the message is in the log (rule D6): a try that was refused or not answered is
 * repeated with the same id, then the subject's last message decides.
 *
 * Rejects with {@link Deposed} (stop), {@link LogFull} (not written), {@link AppendRefused} (someone of the same or a lower epoch
 * wrote there: a bug or a shared subject) or {@link LogUnavailable} (still unknown after all tries: call again with the same id).
 */
export async function appendSurely(
  log: LogPort,
  message: LogAppend,
  clock: ClockPort,
  options: AppendSurelyOptions = {},
): Promise<Appended> {
  const attempts = options.attempts ?? 8;
  const longest = options.maxRetryDelayMicros ?? 2_000_000;
  let delay = options.retryDelayMicros ?? 50_000;
  let refused = false;
  const { failed } = options;
  if (failed && !isOfTheLog(failed)) throw failed;
  let unanswered = failed instanceof LogUnavailable ? failed : undefined;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    try {
      return await log.append(message);
    } catch (error) {
      if (error instanceof LogUnavailable) {
        unanswered = error;
      } else if (error instanceof AppendRefused && !refused) {
        // The refusal may be the echo of our own earlier try; the log answers a known id with where it stored it.
        refused = true;
        continue;
      } else if (error instanceof AppendRefused || (error instanceof LogFull && unanswered)) {
        const found = await findOurs(log, message, error);
        if (found) return found;
        throw error;
      } else {
        throw error;
      }
    }
    if (attempt < attempts) await pause(clock, delay);
    delay = Math.min(delay * 2, longest);
  }
  const cause = unanswered ?? new LogUnavailable(message.subject);
  const found = await findOurs(log, message, cause).catch((error: unknown) => {
    if (error instanceof LogUnavailable) return undefined;
    throw error;
  });
  if (found) return found;
  throw cause;
}

/**
 * Where our message is, if it is the subject's last. Throws {@link Deposed} when a newer owner's is, and {@link LogUnavailable} when
 * the log knows less than we do.
 */
async function findOurs(log: LogPort, message: LogAppend, cause: Error): Promise<Appended | undefined> {
  let last: LogMessage | undefined;
  try {
    last = await log.last(message.subject);
  } catch (error) {
    if (error instanceof LogReadFailed) throw new LogUnavailable(message.subject, { cause: error });
    throw error;
  }
  // A new leader that has not caught up refuses what it cannot judge yet; nobody else wrote, so it is asked again later.
  if (cause instanceof AppendRefused && (last?.sequence ?? 0) < cause.expectedLastSubjectSequence)
    throw new LogUnavailable(message.subject, { cause });
  if (!last) return undefined;
  if (last.id !== '' && last.id === message.id) return { sequence: last.sequence, duplicate: true };
  // A stranger's word is no deposition.
  if (last.headers.unit === message.headers.unit && last.headers.epoch > message.headers.epoch) {
    throw new Deposed(message.subject, message.headers.epoch, last.headers.epoch, { cause });
  }
  return undefined;
}

/** Whether it is something that may be otherwise at the next try. */
function isOfTheLog(error: Error): boolean {
  return error instanceof LogUnavailable || error instanceof LogFull || error instanceof AppendRefused;
}

function pause(clock: ClockPort, micros: number): Promise<void> {
  return new Promise((resolve) => clock.after(micros, resolve));
}
