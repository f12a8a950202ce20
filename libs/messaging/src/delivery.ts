import type { LogMessage } from '@faultline/hosting';
import type { Msg } from 'nats';
import { decodeHeaders } from './batch-headers';

/** What the server says about a delivery, in its acknowledgement subject. */
export interface Delivery {
  /** How often the message was delivered to this consumer, this time included. */
  deliveries: number;
  /** Position in the stream. */
  sequence: number;
  /** Position in the consumer's own count of deliveries, from 1. */
  deliverySequence: number;
  /** Messages that wait behind it for the consumer, as far as the server knows. */
  pending: number;
}

/**
 * Reads `$JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.<delivery>.<time>.<pending>`, or the longer form with domain and
 * account after `ACK`. Throws `RangeError` for anything else.
 */
export function parseDelivery(reply: string): Delivery {
  const tokens = reply.split('.');
  const skip = tokens.length === 9 ? 0 : 2;
  const delivery = {
    deliveries: Number(tokens[4 + skip]),
    sequence: Number(tokens[5 + skip]),
    deliverySequence: Number(tokens[6 + skip]),
    pending: Number(tokens[8 + skip]),
  };
  if (!reply.startsWith('$JS.ACK.') || !(delivery.deliverySequence > 0)) {
    throw new RangeError(`'${reply}' is not an acknowledgement subject`);
  }
  return delivery;
}

export function toLogMessage(message: Msg, sequence: number): LogMessage {
  const { headers, id } = decodeHeaders(message);
  return { subject: message.subject, sequence, headers, id, body: message.data };
}
