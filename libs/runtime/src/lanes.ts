import { DecodeError, type Schema, type Sender, type Tagged } from '@faultline/contracts';
import { BatchLane, LaneRejected, LaneUnavailable, type Running } from '@faultline/hosting';
import type { ServicePorts } from './ports';

/** Most records in one request: beyond this, larger batches cost latency and gain nothing (see the measured batch sizes). */
const MAX_BATCH = 256;
/** A request that got no reply is sent again after this: long enough for modelled costs, short enough to outlive a lost message. */
const TIMEOUT_MILLIS = 30_000;
/** Pause when nobody serves the lane yet, or just now. */
const RETRY_MICROS = 100_000;

interface LaneOptions<Out, All extends Tagged> {
  subject: string;
  schema: Schema<All>;
  /** Who speaks: the unit and its epoch, first record of every request (D4). */
  sender: { unit: string; epoch: number };
  maxBatch?: number;
  /** Requests in flight at once; more than 1 only where the order of batches means nothing. */
  window?: number;
  onReply?(reply: All[], batch: readonly Out[]): void;
  /**
   * The server rejects this record, which then counts as settled (D12); a rejected batch is sent again one by one to find it.
   * Without this a rejection ends the service.
   */
  onRejected?(rejection: LaneRejected, record: Out): void;
}

interface Item<Out> {
  record: Out;
  resolve?: () => void;
}

/** Sends records of one lane in self-clocked batches until they are answered, and tells replies of a deposed owner from the newest one's. */
export class LaneClient<Out extends Tagged, All extends Tagged = Tagged> {
  private readonly lane: BatchLane<Item<Out>>;
  private newestEpoch = 0;

  constructor(
    private readonly ports: ServicePorts,
    private readonly options: LaneOptions<Out, All>,
  ) {
    this.lane = new BatchLane({
      clock: ports.clock,
      maxBatch: options.maxBatch ?? MAX_BATCH,
      window: options.window,
      send: (batch) => this.sendOrReject(batch),
      onError: (error, attempt) => this.retryAfter(error, attempt),
    });
  }

  /** Sends the record; its reply goes to `onReply`. */
  push(record: Out): void {
    this.lane.push({ record });
  }

  /** Sends the record; resolves when it was answered. */
  request(record: Out): Promise<void> {
    return new Promise((resolve) => this.lane.push({ record, resolve }));
  }

  close(): void {
    this.lane.close();
  }

  private async sendOrReject(batch: readonly Item<Out>[]): Promise<void> {
    const { onRejected } = this.options;
    try {
      await this.send(batch);
    } catch (error) {
      const [item] = batch;
      if (!onRejected || !item || !(error instanceof LaneRejected)) throw error;
      if (batch.length === 1) return onRejected(error, item.record);
      // One of them is to blame, and the others have nothing to do with it.
      for (const each of batch) await this.sendOrReject([each]);
    }
  }

  private async send(batch: readonly Item<Out>[]): Promise<void> {
    const { schema, sender, subject, onReply } = this.options;
    const records = batch.map((item) => item.record);
    const head: Sender = { kind: 'Sender', unit: sender.unit, epoch: sender.epoch };
    const body = schema.encode([head, ...records] as unknown as All[]);
    const reply = schema.decode(await this.ports.lanes.request(subject, body, TIMEOUT_MILLIS));
    this.checkEpoch(reply[0]);
    onReply?.(reply, records);
    for (const item of batch) item.resolve?.();
  }

  /** What a frozen owner says after a newer one spoke counts for nothing (D4): it is asked again. */
  private checkEpoch(head: Tagged | undefined): void {
    if (head?.kind !== 'Sender') throw new DecodeError('a reply does not begin with its sender');
    const { epoch } = head as Sender;
    if (epoch < this.newestEpoch) throw new LaneUnavailable(this.options.subject, 'timeout');
    this.newestEpoch = epoch;
  }

  private retryAfter(error: Error, attempt: number): number | undefined {
    if (error instanceof LaneUnavailable) {
      if (attempt === 1 || attempt % 50 === 0)
        this.ports.logger.warn(
          { subject: error.subject, reason: error.reason, attempt },
          'lane not answered, sending again',
        );
      return error.reason === 'timeout' ? 0 : RETRY_MICROS;
    }
    this.ports.fail(error);
    return undefined;
  }
}

/**
 * Serves a lane: decodes the request, hands its records over, sends what comes back. A request that cannot be decoded or that the
 * handler refuses goes to the dead letters with the reason, its sender gets a rejection, and the lane goes on.
 */
export function serveLane<All extends Tagged>(
  ports: ServicePorts,
  subject: string,
  schema: Schema<All>,
  unit: string,
  handler: (records: All[]) => Uint8Array | Promise<Uint8Array>,
): Promise<Running> {
  const refuse = (body: Uint8Array, error: unknown): never => {
    if (!(error instanceof DecodeError)) throw error;
    void ports.bury({ subject, unit, body }, error);
    throw new LaneRejected(subject, error.reason);
  };
  return ports.lanes.serve(
    subject,
    (body) => {
      try {
        const answer = handler(schema.decode(body));
        // A handler that answers later may refuse later.
        return answer instanceof Uint8Array ? answer : answer.catch((error: unknown) => refuse(body, error));
      } catch (error) {
        return refuse(body, error);
      }
    },
    (error) => {
      if (!(error instanceof LaneRejected)) ports.fail(error);
    },
  );
}
