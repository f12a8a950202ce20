import type { FaultRow } from '@faultline/audit';
import type { LogEvent } from '@faultline/contracts';
import type { TimelineEntry } from './timeline';

/** An event of a fault with its place in the log and the epoch of its writer. */
export interface OwnedEvent {
  sequence: number;
  unit: string;
  epoch: number;
  event: LogEvent;
}

/** An instant that an event tells: its field, what happened then, and whether it happened at the device and not at the writer. */
type Moment = [field: string, what: string, atDevice?: 'device'];

const moments: Readonly<Record<string, readonly Moment[]>> = {
  PageRequestQueued: [
    ['sentAtMicros', 'page request sent', 'device'],
    ['writtenAtMicros', 'PageRequestQueued'],
  ],
  PageRequestDropped: [
    ['sentAtMicros', 'page request sent', 'device'],
    ['writtenAtMicros', 'PageRequestDropped'],
  ],
  StallRecorded: [
    ['sentAtMicros', 'access sent', 'device'],
    ['writtenAtMicros', 'StallRecorded'],
  ],
  StallDeferred: [
    ['sentAtMicros', 'access sent', 'device'],
    ['writtenAtMicros', 'StallDeferred'],
  ],
  FaultRefused: [['atMicros', 'FaultRefused']],
  GroupQueued: [['queuedAtMicros', 'GroupQueued']],
  GroupHandled: [
    ['startedAtMicros', 'worker began'],
    ['handlingAtMicros', 'mm began'],
    ['handledAtMicros', 'GroupHandled'],
  ],
  GroupResponded: [['respondedAtMicros', 'GroupResponded']],
  StallEnded: [['endedAtMicros', 'StallEnded']],
  AccessRetried: [
    ['receivedAtMicros', 'response received', 'device'],
    ['retriedAtMicros', 'AccessRetried'],
  ],
  AccessEnded: [
    ['receivedAtMicros', 'response received', 'device'],
    ['endedAtMicros', 'AccessEnded'],
  ],
};

/** Everything that the events of a fault tell, as moments. An event without a time of its own stands where the log has it. */
export function momentsOf(row: FaultRow, events: readonly OwnedEvent[], device: string): TimelineEntry[] {
  const entries: TimelineEntry[] = [];
  let latest = row.instants.sentAtMicros;
  for (const { sequence, unit, epoch, event } of events) {
    const writer = epoch > 0 ? `${unit} epoch ${epoch}` : unit;
    const fields = new Map<string, unknown>(Object.entries(event));
    const told = (moments[event.kind] ?? []).flatMap(([field, what, where]): TimelineEntry[] => {
      const atMicros = fields.get(field);
      // A further round of a stall was not sent again; and 0 is a time that there was not.
      const isAbsent =
        typeof atMicros !== 'number' ||
        atMicros === 0 ||
        (field === 'sentAtMicros' && atMicros < row.instants.sentAtMicros);
      return isAbsent
        ? []
        : [{ sequence, atMicros, what: what + outcomeOf(event, what), who: where ? device : writer }];
    });
    if (told.length === 0) told.push({ sequence, atMicros: latest, what: event.kind, who: writer });
    latest = told.at(-1)?.atMicros ?? latest;
    entries.push(...told);
  }
  return entries;
}

const CODES = ['SUCCESS', 'INVALID', 'FAILURE'];

/** What came out of it, for events that end something. */
function outcomeOf(event: LogEvent, what: string): string {
  if (what !== event.kind) return '';
  if (event.kind === 'AccessEnded' || event.kind === 'StallEnded') return ` (${event.outcome})`;
  if (event.kind === 'GroupHandled' || event.kind === 'GroupResponded')
    return ` (${CODES[event.code] ?? event.code})`;
  return event.kind === 'GroupQueued' ? ` (${event.queue})` : '';
}
