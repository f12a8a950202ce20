import type { BatchHeaders } from '@faultline/contracts';
import type { WorkMessage } from '@faultline/hosting';
import { nanos, type Msg } from 'nats';
import { decodeHeaders } from './batch-headers';
import type { Delivery } from './delivery';

const ACK = Buffer.from('+ACK');
const WORKING = Buffer.from('+WPI');
const NAK = Buffer.from('-NAK');
// nats-server 2.9 knows only the bare word: with a reason behind it the message would be delivered again.
const TERM = Buffer.from('+TERM');

/** The one place where deliveries are settled. Settling twice does nothing. */
export class NatsWorkMessage implements WorkMessage {
  readonly subject: string;
  readonly sequence: number;
  readonly deliveries: number;
  readonly headers: BatchHeaders;
  readonly id: string;
  readonly body: Uint8Array;
  private settled = false;

  constructor(
    message: Msg,
    delivery: Delivery,
    private readonly answer: (payload: Uint8Array, final: boolean) => void,
  ) {
    const { headers, id } = decodeHeaders(message);
    this.subject = message.subject;
    this.sequence = delivery.sequence;
    this.deliveries = delivery.deliveries;
    this.headers = headers;
    this.id = id;
    this.body = message.data;
  }

  ack(): void {
    this.settle(ACK);
  }

  extend(): void {
    if (!this.settled) this.answer(WORKING, false);
  }

  retry(delayMillis: number): void {
    this.settle(delayMillis > 0 ? Buffer.from(`-NAK {"delay":${nanos(delayMillis)}}`) : NAK);
  }

  terminate(_reason: string): void {
    this.settle(TERM);
  }

  private settle(payload: Uint8Array): void {
    if (this.settled) return;
    this.settled = true;
    this.answer(payload, true);
  }
}
