import { decodeLogBody, DecodeError, type LogEvent } from '@faultline/contracts';
import type { RecordReader, StoredMessage } from '@faultline/record';

/** Messages at either end of a log that are looked through: what a run begins and ends with is among them. */
const LOOKED_THROUGH = 64;

/** When a run began and ended by its log, in microseconds since the Unix epoch; null for what the log does not tell. */
export async function endsOfLog(
  reader: RecordReader,
): Promise<{ startedAtMicros: number | null; endedAtMicros: number | null }> {
  const { position } = await reader.head();
  const first = await eventsBetween(reader, 1, Math.min(position, LOOKED_THROUGH));
  const last = await eventsBetween(reader, Math.max(1, position - LOOKED_THROUGH + 1), position);
  const begun = first.find((event) => event.kind === 'ScenarioLoaded');
  const ended = last.findLast((event) => event.kind === 'RunEnded');
  return { startedAtMicros: begun?.atMicros ?? null, endedAtMicros: ended?.atMicros ?? null };
}

async function eventsBetween(reader: RecordReader, from: number, to: number): Promise<LogEvent[]> {
  const events: LogEvent[] = [];
  if (to < from) return events;
  for await (const stored of reader.messages({ from, to })) events.push(...eventsOf(stored));
  return events;
}

/** What cannot be decoded says nothing here; the audit tells of it. */
function eventsOf({ message }: StoredMessage): LogEvent[] {
  try {
    return decodeLogBody(message.headers.schema, message.body);
  } catch (error) {
    if (error instanceof DecodeError) return [];
    throw error;
  }
}
