import { followUntil, type LogMessage, type LogPort, LogTrimmed } from '@faultline/hosting';

/** The log does not hold that message (any more). */
export class MessageMissing extends Error {
  constructor(
    readonly subject: string,
    readonly sequence: number,
    options?: ErrorOptions,
  ) {
    super(`the log has no message ${sequence} on ${subject}: it was trimmed, or it never was there`, options);
    this.name = 'MessageMissing';
  }
}

/** Reads one message of the log. Rejects with {@link MessageMissing}. */
export async function messageAt(log: LogPort, subject: string, sequence: number): Promise<LogMessage> {
  const last = await log.last(subject);
  if (!last || last.sequence < sequence) throw new MessageMissing(subject, sequence);
  try {
    return await followUntil(log, { subject, fromSequence: sequence }, (message) => {
      if (message.sequence !== sequence) throw new MessageMissing(subject, sequence);
      return { ...message, body: message.body.slice() };
    });
  } catch (error) {
    throw error instanceof LogTrimmed ? new MessageMissing(subject, sequence, { cause: error }) : error;
  }
}
