import type { LoggedMessage } from '@faultline/audit';
import { decodeLogBody, DecodeError, eventMicros } from '@faultline/contracts';
import { CursorInvalid } from '../common/failures';
import type { OpenRun } from '../runs/open-run';
import type { LogPage, LogQuery } from './log-schemas';

type LoggedEvent = LogPage['events'][number];

/** Messages that one page looks at, so that a rare kind of event does not keep its asker waiting for the whole log. */
const MESSAGES_READ = 20_000;

/** A page of the events of a run in the order of its log. Rejects with {@link CursorInvalid}. */
export async function readLog(run: OpenRun, query: LogQuery, signal: AbortSignal): Promise<LogPage> {
  const { position } = await run.reader.head();
  const to = Math.min(query.to ?? position, position);
  const after = query.cursor === undefined ? undefined : placeOf(query.cursor);
  const from = Math.max(query.from, after?.sequence ?? 1);
  const events: LoggedEvent[] = [];
  let read = 0;
  for await (const page of run.reader.pages({ from, to, unit: query.unit })) {
    signal.throwIfAborted();
    for (const { message } of page) {
      read += 1;
      for (const event of eventsOf(message)) {
        if (after && message.sequence === after.sequence && event.place <= after.place) continue;
        if (query.kind !== undefined && event.kind !== query.kind) continue;
        const last = events.at(-1);
        if (events.length === query.limit && last)
          return { recordedTo: position, events, nextCursor: `${last.sequence}:${last.place}` };
        events.push(event);
      }
      if (read >= MESSAGES_READ && message.sequence < to)
        return { recordedTo: position, events, nextCursor: `${message.sequence}:${Number.MAX_SAFE_INTEGER}` };
    }
  }
  return { recordedTo: position, events, nextCursor: null };
}

function placeOf(cursor: string): { sequence: number; place: number } {
  const [, sequence, place] = /^(\d{1,16}):(\d{1,16})$/.exec(cursor) ?? [];
  if (sequence === undefined) throw new CursorInvalid(cursor);
  return { sequence: Number(sequence), place: Number(place) };
}

/** What cannot be read is kept in the record as it came, and stands here by its reason. */
function eventsOf(message: LoggedMessage): LoggedEvent[] {
  const { sequence, subject, headers } = message;
  const { unit, epoch, cycle, schema } = headers;
  const where = { sequence, subject, unit, epoch, cycle };
  try {
    return decodeLogBody(schema, message.body).map(({ kind, ...event }, place) => ({
      ...{ ...where, place, kind, atMicros: eventMicros(event) ?? null, event },
    }));
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const event = { schema, bytes: message.body.length, reason: error.message };
    return [{ ...where, place: 0, kind: 'Undecodable', atMicros: null, event }];
  }
}
