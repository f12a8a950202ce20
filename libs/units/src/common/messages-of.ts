import type { Schema, Tagged } from '@faultline/contracts';
import type { OutgoingMessage, SendingSpan } from '@faultline/hosting';
import type { Addressed } from './path-tracer';

/** Records of one message: far below what a NATS server accepts (1 MiB by default). */
const RECORDS_PER_MESSAGE = 4_096;

/** The messages that write these records to one subject; none for none. A tracer gives the spans of those that tell of traced faults. */
export function messagesOf<T extends Tagged>(
  { subject, schema }: { subject: string; schema: Schema<T> },
  records: readonly T[],
  tracer?: { appends(to: Addressed, records: readonly T[]): SendingSpan | undefined },
): OutgoingMessage[] {
  const messages: OutgoingMessage[] = [];
  for (let start = 0; start < records.length; start += RECORDS_PER_MESSAGE) {
    const part =
      records.length <= RECORDS_PER_MESSAGE ? records : records.slice(start, start + RECORDS_PER_MESSAGE);
    const span = tracer?.appends({ subject, schema }, part);
    messages.push({ subject, schema, body: schema.encode(part), span });
  }
  return messages;
}
