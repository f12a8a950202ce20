import { DecodeError, type Schema, type Sender, type Tagged } from '@faultline/contracts';
import {
  BatchLane,
  isLoss,
  LaneRejected,
  LaneUnavailable,
  type Running,
  toError,
  UnitClosed,
} from '@faultline/hosting';
import type { AskingSpan, ReceivedRequest } from './path-tracer';
import type { UnitPorts } from './unit-ports';

/** Most records in one request: beyond this, larger batches cost latency and gain nothing (see the measured batch sizes). */
const MAX_BATCH = 256;
/** A request that got no reply is sent again after this: long enough for modelled costs, short enough to outlive a lost message. */
const TIMEOUT_MILLIS = 30_000;
/** Pause when nobody serves the lane yet, or just now. */
const RETRY_MICROS = 100_000;

/**
 * The newest epoch in which another unit was heard, over all lanes to and from it: what an older owner still says counts for nothing
 * (D4).
 */
export class PeerEpoch {
  private newest = 0;

  /** Whether this is the newest owner heard so far. */
  accepts(epoch: number): boolean {
    if (epoch < this.newest) return false;
    this.newest = epoch;
    return true;
  }
}

interface LaneOptions<Out, All extends Tagged> {
  subject: string;
  schema: Schema<All>;
  /** Who speaks: the unit and its epoch, first record of every request (D4). */
  sender: { unit: string; epoch: number };
  maxBatch?: number;
  /** Requests in flight at once; more than 1 only where the order of batches means nothing. */
  window?: number;
  /** Who answers; given where other lanes lead to the same unit. */
  peer?: PeerEpoch;
  onReply?(reply: All[], batch: readonly Out[]): void;
  /** The span of a request with these records; undefined where none of them belongs to a traced fault. */
  spanOf?(records: readonly Out[]): AskingSpan | undefined;
  /**
   * The server rejects this record, which then counts as settled (D12), also for who waits for it; a rejected batch is sent again one by
   * one to find it.
   * Without this a rejection ends the service.
   */
  onRejected?(rejection: LaneRejected, record: Out): void;
}

/** Who waits for the answer to a record. One may wait for many, and is told once for each. */
export interface Waiter {
  answered(): void;
  /** This end was closed first. */
  failed(error: Error): void;
}

/** What somebody waits for the answer to. */
class Awaited<Out> {
  constructor(
    /** Absent for a greeting, which says nothing but who speaks. */
    readonly record: Out | undefined,
    readonly waiter: Waiter,
  ) {}
}

/** Most records are waited for by nobody, and travel as they are: there may be several for each fault. */
type Item<Out> = Out | Awaited<Out>;

function recordOf<Out>(item: Item<Out>): Out | undefined {
  return item instanceof Awaited ? item.record : item;
}

/** Sends records of one lane in self-clocked batches until they are answered, and tells replies of a deposed owner from the newest one's. */
export class LaneClient<Out extends Tagged, All extends Tagged = Tagged> {
  private readonly lane: BatchLane<Item<Out>>;
  private readonly peer: PeerEpoch;
  private readonly awaited = new Set<Awaited<Out>>();
  private closed = false;
  private readonly head: readonly All[];

  constructor(
    private readonly ports: UnitPorts,
    private readonly options: LaneOptions<Out, All>,
  ) {
    this.peer = options.peer ?? new PeerEpoch();
    const sender: Sender = { kind: 'Sender', unit: options.sender.unit, epoch: options.sender.epoch };
    this.head = [sender] as unknown as All[];
    this.lane = new BatchLane({
      clock: ports.clock,
      maxBatch: options.maxBatch ?? MAX_BATCH,
      window: options.window,
      send: (batch) => this.send(batch),
      onError: (error, attempt) => this.retryAfter(error, attempt),
    });
  }

  /** Sends the record; its reply goes to `onReply`. */
  push(record: Out): void {
    this.lane.push(record);
  }

  /** Sends the record, and tells who waits for its answer: at once, with `UnitClosed`, when this end is closed already. */
  ask(record: Out, waiter: Waiter): void {
    this.pushAwaited(record, waiter);
  }

  /** Sends the record; resolves when it was answered. Rejects with `UnitClosed` when this end is closed first. */
  request(record: Out): Promise<void> {
    return this.answerTo(record);
  }

  /** The same for several; resolves when the last of them was answered. */
  requestAll(records: readonly Out[]): Promise<void> {
    let open = records.length;
    if (open === 0) return Promise.resolve();
    return new Promise((resolve, failed) => {
      const answered = (): void => {
        open -= 1;
        if (open === 0) resolve();
      };
      for (const record of records) this.pushAwaited(record, { answered, failed });
    });
  }

  /** Says who speaks, and nothing else; resolves when the other side has heard it. Rejects like {@link request}. */
  greet(): Promise<void> {
    return this.answerTo(undefined);
  }

  /** Sends nothing more. Whoever waits for an answer is told: asking is up to the unit's next owner. */
  close(): void {
    this.closed = true;
    this.lane.close();
    for (const { waiter } of this.awaited) waiter.failed(new UnitClosed());
    this.awaited.clear();
  }

  private answerTo(record: Out | undefined): Promise<void> {
    return new Promise((answered, failed) => this.pushAwaited(record, { answered, failed }));
  }

  private pushAwaited(record: Out | undefined, waiter: Waiter): void {
    if (this.closed) return waiter.failed(new UnitClosed());
    const awaited = new Awaited(record, waiter);
    this.awaited.add(awaited);
    this.lane.push(awaited);
  }

  private send(batch: readonly Item<Out>[]): Promise<void> {
    const { schema, subject } = this.options;
    const records = this.recordsOf(batch);
    const body = schema.encode(records as unknown as readonly All[], this.head);
    const span = this.options.spanOf?.(records);
    span?.begins();
    return this.ports.lanes.request(subject, body, TIMEOUT_MILLIS, span?.context).then(
      (reply) => {
        span?.arrived();
        this.settle(batch, records, schema.decode(reply));
      },
      (error: unknown) => {
        span?.failed(toError(error));
        return this.rejectSome(batch, error);
      },
    );
  }

  private settle(batch: readonly Item<Out>[], records: readonly Out[], reply: All[]): void {
    this.checkEpoch(reply[0]);
    this.options.onReply?.(reply, records);
    if (this.awaited.size === 0) return;
    for (const item of batch) this.answered(item);
  }

  private answered(item: Item<Out>): void {
    if (!(item instanceof Awaited)) return;
    item.waiter.answered();
    this.awaited.delete(item);
  }

  private async rejectSome(batch: readonly Item<Out>[], error: unknown): Promise<void> {
    const { onRejected } = this.options;
    const [item] = batch;
    if (!onRejected || !item || !(error instanceof LaneRejected)) throw error;
    if (batch.length === 1) {
      const record = recordOf(item);
      // Nothing is to blame but who speaks.
      if (record === undefined) throw error;
      onRejected(error, record);
      return this.answered(item);
    }
    // One of them is to blame, and the others have nothing to do with it.
    for (const each of batch) await this.send([each]);
  }

  private recordsOf(batch: readonly Item<Out>[]): readonly Out[] {
    // Whether anybody waits now says nothing: a batch is sent again with items that have been answered.
    if (!batch.some((item) => item instanceof Awaited)) return batch as readonly Out[];
    const records: Out[] = [];
    for (const item of batch) {
      const record = recordOf(item);
      if (record !== undefined) records.push(record);
    }
    return records;
  }

  /** What a frozen owner says after a newer one spoke counts for nothing (D4): it is asked again. */
  private checkEpoch(head: Tagged | undefined): void {
    if (head?.kind !== 'Sender') throw new DecodeError('a reply does not begin with its sender');
    if (!this.peer.accepts((head as Sender).epoch))
      throw new LaneUnavailable(this.options.subject, 'timeout');
  }

  private retryAfter(error: Error, attempt: number): number | undefined {
    if (error instanceof LaneUnavailable) {
      if (attempt === 1 || attempt % 50 === 0)
        this.ports.logger.warn(
          { subject: error.subject, reason: error.reason, attempt },
          'lane not answered, sending again',
        );
      return error.reason === 'timeout' || error.reason === 'new-server' ? 0 : RETRY_MICROS;
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
  ports: UnitPorts,
  subject: string,
  schema: Schema<All>,
  unit: string,
  handler: (records: All[], request?: ReceivedRequest) => Uint8Array | Promise<Uint8Array>,
): Promise<Running> {
  const refuse = (body: Uint8Array, error: unknown): never => {
    if (!(error instanceof DecodeError)) throw error;
    void ports.bury({ subject, unit, body }, error);
    throw new LaneRejected(subject, error.reason);
  };
  return ports.lanes.serve(
    subject,
    (body, context) => {
      let request: ReceivedRequest | undefined;
      try {
        const records = schema.decode(body);
        request = context && ports.tracer?.receives(subject, context, records.length);
        const answer = handler(records, request);
        if (answer instanceof Uint8Array) {
          request?.done();
          return answer;
        }
        // A handler that answers later may refuse later.
        const late = answer.catch((error: unknown) => refuse(body, error));
        return request ? late.finally(() => request?.done()) : late;
      } catch (error) {
        request?.done();
        return refuse(body, error);
      }
    },
    (error) => {
      // What a unit that was handed over cannot answer any more is asked of its next owner.
      if (!(error instanceof LaneRejected || isLoss(error))) ports.fail(error);
    },
  );
}
