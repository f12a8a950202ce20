import type { LaneContext, TracedRecord } from '@faultline/hosting';
import type { Msg } from 'nats';
import { encodeHeaders, type EncodedHeaders, headerBlock } from './batch-headers';

const TRACEPARENT = 'traceparent';
/** Which records of a request are traced: `<record>.<member>=<traceparent>`, with commas between. */
const TRACED = 'Fl-Traced';

/** The headers of a request that holds something traced. */
export function encodeLaneContext({ traceparent, traced }: LaneContext): EncodedHeaders {
  const records = traced
    .map(({ record, member, traceparent: span }) => `${record}.${member}=${span}`)
    .join(',');
  return encodeHeaders([
    [TRACEPARENT, traceparent],
    [TRACED, records],
  ]);
}

/** What the headers of a request say; undefined for one without a trace. What cannot be read of it is left out: nobody acts on it. */
export function decodeLaneContext(message: Msg): LaneContext | undefined {
  const text = headerBlock(message);
  const traceparent = text === '' ? undefined : fieldOf(text, TRACEPARENT);
  if (traceparent === undefined) return undefined;
  return { traceparent, traced: (fieldOf(text, TRACED) ?? '').split(',').flatMap(readRecord) };
}

function fieldOf(text: string, name: string): string | undefined {
  const start = text.indexOf(`\r\n${name}:`);
  if (start === -1) return undefined;
  const end = text.indexOf('\r\n', start + 2);
  return text.slice(start + name.length + 3, end === -1 ? undefined : end).trim();
}

function readRecord(text: string): TracedRecord[] {
  const [, record, member, traceparent] = /^(\d+)\.(\d+)=(.+)$/.exec(text) ?? [];
  return traceparent === undefined ? [] : [{ record: Number(record), member: Number(member), traceparent }];
}
