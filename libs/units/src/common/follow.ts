import { DecodeError, type Schema, type Tagged } from '@faultline/contracts';
import { type LogMessage, LogTrimmed, type Running, UnitOutpaced } from '@faultline/hosting';
import type { UnitPorts } from './unit-ports';

/**
 * Follows a subject of the log and hands over each message's records. A message that cannot be read goes to
 * the dead letters with the reason, and the following goes on with the next: the position counts as reached.
 *
 * Ends, or does not begin, with `UnitOutpaced` where the log does not hold what comes next any more: it is trimmed behind the unit's
 * newest snapshot, so whoever has not read that far is not its owner any more, or has to begin again as one.
 */
export function followRecords<T extends Tagged>(
  ports: UnitPorts,
  options: {
    subject: string;
    schemas: readonly Schema<T>[];
    unit: string;
    /** Where to begin; 1 by default. */
    fromSequence?: number;
    onRecords(records: T[], message: LogMessage): void;
    /** There will be no more records. */
    onFailure(error: Error): void;
  },
): Promise<Running> {
  const { subject, schemas, unit, onRecords, onFailure } = options;
  const explained = <E>(error: E): E | UnitOutpaced =>
    error instanceof LogTrimmed ? new UnitOutpaced(unit, { cause: error }) : error;
  const following = ports.log.follow({
    subject,
    fromSequence: options.fromSequence ?? 1,
    onMessage: (message) => onRecords(readRecords(ports, schemas, unit, message), message),
    onError: (error) => onFailure(explained(error)),
  });
  return following.catch((error: unknown) => {
    throw explained(error);
  });
}

function readRecords<T extends Tagged>(
  ports: UnitPorts,
  schemas: readonly Schema<T>[],
  unit: string,
  message: LogMessage,
): T[] {
  try {
    const schema = schemas.find((each) => each.name === message.headers.schema);
    if (!schema)
      throw new DecodeError(
        `schema '${message.headers.schema}' on ${message.subject}, expected ${schemas.map((each) => each.name).join(' or ')}`,
      );
    return (message.records ??= schema.decode(message.body)) as T[];
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const { subject, sequence, body } = message;
    void ports.bury({ subject, unit, body, sequence }, error);
    return [];
  }
}
