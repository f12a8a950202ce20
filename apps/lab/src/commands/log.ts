import { decodeLogBody, DecodeError, eventMicros, type LogEvent, logSchemas } from '@faultline/contracts';
import type { LoggedMessage } from '@faultline/audit';
import { RecordReader } from '@faultline/record';
import { formatInstant } from '@faultline/stats';
import { toCloudEvent } from '../cloud-events';
import { BadInput, Exit } from '../errors';
import { findRun } from '../run/run-folder';
import type { Terminal } from '../terminal';

export interface LogFlags {
  runs: string;
  json?: boolean;
  cloudevents?: boolean;
  from?: number;
  to?: number;
  subject?: string;
  kind?: string[];
}

type Printer = (message: LoggedMessage, event: LogEvent, place: number) => string;

/** Lines that are printed at once. */
const LINES = 500;

/** Prints the events of a run in the order of the log. */
export async function log(reference: string, flags: LogFlags, terminal: Terminal): Promise<Exit> {
  if (flags.json && flags.cloudevents)
    throw new BadInput('--json and --cloudevents exclude each other: choose one');
  const kinds = kindsOf(flags.kind ?? []);
  const folder = findRun(flags.runs, reference);
  const reader = await RecordReader.open(folder.path);
  try {
    const print = flags.cloudevents ? cloudEvent(folder.id) : flags.json ? json : plain;
    const subjectPrefix = flags.subject === undefined ? undefined : await withLab(reader, flags.subject);
    let lines: string[] = [];
    for await (const page of reader.pages({ from: flags.from, to: flags.to, subjectPrefix })) {
      for (const { message } of page) {
        readEvents(message, terminal).forEach((event, place) => {
          if (!kinds || kinds.has(event.kind)) lines.push(print(message, event, place));
        });
      }
      if (lines.length < LINES) continue;
      terminal.out(lines.join('\n'));
      lines = [];
    }
    if (lines.length > 0) terminal.out(lines.join('\n'));
    return Exit.OK;
  } finally {
    await reader.close();
  }
}

/** The kinds of event that were asked for; undefined for all. */
function kindsOf(asked: readonly string[]): ReadonlySet<string> | undefined {
  const all = logSchemas.flatMap(({ definition, version }) =>
    (definition.versions[version] ?? []).map(({ kind }) => kind),
  );
  const known = [...new Set(all)];
  for (const kind of asked)
    if (!known.includes(kind))
      throw new BadInput(`no event is of the kind '${kind}': expected one of ${known.join(', ')}`);
  return asked.length === 0 ? undefined : new Set(asked);
}

/** What cannot be read is kept in the record as it came; it is said here, and the others are printed all the same. */
function readEvents({ sequence, headers, body }: LoggedMessage, terminal: Terminal): LogEvent[] {
  try {
    return decodeLogBody(headers.schema, body);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    terminal.err(`sequence ${sequence}: ${error.message}\n`);
    return [];
  }
}

/** Subjects begin with the laboratory's name, which is different for every run and of no interest to a user. */
async function withLab(reader: RecordReader, prefix: string): Promise<string> {
  const first = await reader.message(1);
  const lab = first?.subject.split('.')[0] ?? '';
  return lab === '' || prefix.startsWith(`${lab}.`) ? prefix : `${lab}.${prefix}`;
}

const cloudEvent =
  (run: string): Printer =>
  ({ subject, sequence, headers }, event, place) =>
    JSON.stringify(toCloudEvent({ run, subject, sequence, headers, place, event }));

const json: Printer = ({ subject, sequence, headers }, event, place) =>
  JSON.stringify({ sequence, place, subject, ...headers, event });

const plain: Printer = ({ sequence, headers }, event) => {
  const { kind, ...fields } = event;
  const at = eventMicros(event);
  const when = at === undefined ? ' '.repeat(15) : formatInstant(at).slice(11);
  return `${String(sequence).padStart(8)} ${when}  ${headers.unit.padEnd(12)} ${kind.padEnd(20)} ${brief(fields)}`;
};

/** The fields of an event on one line; what is long in itself is told by its size. */
function brief(fields: object): string {
  return Object.entries(fields)
    .map(([name, value]: [string, unknown]) => `${name}=${short(value)}`)
    .join(' ');
}

function short(value: unknown): string {
  if (Array.isArray(value)) return `[${value.length}]`;
  return typeof value === 'object' && value !== null ? '{...}' : String(value);
}
