import { type BatchHeaders, eventMicros } from '@faultline/contracts';

/** A CloudEvents 1.0 event in its JSON format, with the extensions that have a name of their own there. */
export interface CloudEvent {
  specversion: '1.0';
  id: string;
  source: string;
  type: string;
  subject: string;
  time?: string;
  datacontenttype: 'application/json';
  /** Place in the total order (the `sequence` extension): a string that sorts like the number. */
  sequence: string;
  /** W3C trace context (the distributed tracing extension). */
  traceparent?: string;
  schemaversion: number;
  epoch: number;
  cycle: number;
  data: unknown;
}

/** One event of a log message, with where it stood. */
export interface PlacedEvent {
  run: string;
  subject: string;
  sequence: number;
  /** Place of the event in its message, from 0. */
  place: number;
  headers: BatchHeaders;
  event: { kind: string };
}

/** Sequences of JetStream have 64 bits; 16 digits hold every safe integer. */
const SEQUENCE_DIGITS = 16;

/** The event in the form that other tools read. `source` and `id` together are unique, as the specification demands. */
export function toCloudEvent(placed: PlacedEvent): CloudEvent {
  const { run, subject, sequence, place, headers, event } = placed;
  const { kind, ...data } = event;
  const at = eventMicros(event);
  return {
    specversion: '1.0',
    id: `${sequence}.${place}`,
    source: `/faultline/${run}/${headers.unit}`,
    type: `faultline.${headers.schema}.${kind}`,
    subject,
    ...(at === undefined ? {} : { time: rfc3339(at) }),
    datacontenttype: 'application/json',
    sequence: String(sequence).padStart(SEQUENCE_DIGITS, '0'),
    ...(headers.traceparent === undefined ? {} : { traceparent: headers.traceparent }),
    schemaversion: headers.version,
    epoch: headers.epoch,
    cycle: headers.cycle,
    data,
  };
}

function rfc3339(micros: number): string {
  const millis = Math.floor(micros / 1000);
  const rest = String(Math.floor(micros - millis * 1000)).padStart(3, '0');
  return `${new Date(millis).toISOString().slice(0, 23)}${rest}Z`;
}
