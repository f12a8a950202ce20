import type { LogMessage, LogPort, Running } from '@faultline/hosting';

/** The log does not hold that message (any more). */
export class MessageMissing extends Error {
  constructor(
    readonly subject: string,
    readonly sequence: number,
  ) {
    super(`the log has no message ${sequence} on ${subject}: it was trimmed, or it never was there`);
    this.name = 'MessageMissing';
  }
}

/** Reads one message of the log. Rejects with {@link MessageMissing}. */
export async function messageAt(log: LogPort, subject: string, sequence: number): Promise<LogMessage> {
  const last = await log.last(subject);
  if (!last || last.sequence < sequence) throw new MessageMissing(subject, sequence);
  let following: Promise<Running> | undefined;
  try {
    return await new Promise<LogMessage>((resolve, reject) => {
      following = log.follow({
        subject,
        fromSequence: sequence,
        onMessage: (message) => {
          if (message.sequence === sequence) resolve({ ...message, body: message.body.slice() });
          else reject(new MessageMissing(subject, sequence));
        },
        onError: reject,
      });
      following.catch(reject);
    });
  } finally {
    await following?.then((running) => running.stop()).catch(() => undefined);
  }
}
