import { decodeLogBody } from '@faultline/contracts';
import type { Finding, Seen } from './trial';

/** Lines of a timeline at most: what came last is what matters. */
const MOST_LINES = 120;
/** What tells one fault, group or page from others, wherever it is named. */
const IDENTITIES: readonly (readonly string[])[] = [
  ['segment', 'segmentEpoch', 'request'],
  ['device', 'access'],
  ['device', 'groupId'],
  ['group', 'groupEpoch'],
  ['pasid', 'page'],
  ['mm', 'page'],
];
/** Events that change what all others mean. */
const ALWAYS =
  /OwnerChanged|Teardown|Reset|Fenced|Detached|Unbound|Drained|Overflow|PartialsDiscarded|Bound$/;
/** What a reader has no use for. */
const SILENT = new Set(['CycleClosed', 'ScenarioLoaded']);

type Event = Readonly<Record<string, unknown>> & { kind: string };

interface Line {
  atMicros: number;
  text: string;
  /** Failures and steps, and what stands in the last message, are always told. */
  isTold: boolean;
  identities: ReadonlySet<string>;
}

/**
 * What happened, in order, each line with its model time: failures, steps, and the events of the log that have to do with what was found:
 * they share a request, a group, an access or a page with the message that shows it.
 */
export function taleOf({ messages, told }: Seen, { sequence }: Finding): string[] {
  const startMicros = told[0]?.atMicros ?? messages[0]?.atMicros ?? 0;
  const lines: Line[] = told.map(({ line, atMicros }) => ({
    ...{ atMicros, text: `** ${line.trim()}`, isTold: true, identities: new Set<string>() },
  }));
  const concerned = new Set<string>();
  for (const { message, atMicros } of messages) {
    for (const event of decodeLogBody(message.headers.schema, message.body) as unknown as Event[]) {
      if (SILENT.has(event.kind)) continue;
      const isLast = message.sequence === sequence;
      const identities = identitiesOf(event);
      if (isLast) for (const identity of identities) concerned.add(identity);
      const text = `${String(message.sequence).padStart(5)} ${message.headers.unit}/${message.headers.epoch} ${textOf(event)}`;
      lines.push({ atMicros, text, isTold: isLast || ALWAYS.test(event.kind), identities });
    }
  }
  const kept = lines
    .filter(({ isTold, identities }) => isTold || [...identities].some((each) => concerned.has(each)))
    .sort((one, other) => one.atMicros - other.atMicros);
  const shown = kept.slice(-MOST_LINES);
  const left = kept.length - shown.length;
  return [
    ...(left > 0 ? [`(${left} lines before)`] : []),
    ...shown.map(({ atMicros, text }) => `${millis(atMicros - startMicros)} ms  ${text}`),
  ];
}

function identitiesOf(event: Event): Set<string> {
  const identities = new Set<string>();
  const members = Array.isArray(event['members']) ? (event['members'] as Event[]) : [];
  for (const each of [event, ...members])
    for (const fields of IDENTITIES) {
      const values = fields.map((field) => each[field]);
      if (values.every((value) => value !== undefined)) identities.add(`${fields.join()} ${values.join()}`);
    }
  return identities;
}

/** Kind and fields, without instants, of which the line has one. */
function textOf(event: Event): string {
  const fields = Object.entries(event)
    .filter(([name]) => name !== 'kind' && !name.endsWith('AtMicros') && name !== 'atMicros')
    .map(([name, value]) => `${name}=${shortly(value)}`);
  return `${event.kind} ${fields.join(' ')}`.trim();
}

function shortly(value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  return text.length > 160 ? `${text.slice(0, 160)}...` : text;
}

function millis(micros: number): string {
  return (micros / 1_000).toFixed(3).padStart(12);
}
