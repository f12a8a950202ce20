import {
  QueueUnavailable,
  retryDelayMillis,
  type Running,
  type WorkMessage,
  toError,
} from '@faultline/hosting';
import { createInbox, nanos, type Msg, type Subscription } from 'nats';
import type { NatsLink } from './connection';
import { parseDelivery } from './delivery';
import { NatsWorkMessage } from './work-message';

export interface PullOptions {
  queue: string;
  prefetch: number;
  onWork(message: WorkMessage): void;
  onError(error: Error): void;
}

/** The server ends an unanswered pull after this time and says so. */
const PULL_EXPIRES_MILLIS = 10_000;
/** Until then it speaks at least this often; much longer silence means that it forgot the pull, as a new leader of a queue does. */
const HEARTBEAT_MILLIS = 1_000;
const SILENCE_MILLIS = HEARTBEAT_MILLIS * 2.5;
/** Status of a sign of life. */
const HEARTBEAT = 100;
/** Pauses before pulling again after a refusal, in milliseconds; the last one repeats. */
const RETRY_MILLIS = [100, 250, 500, 1_000, 2_000, 5_000];
/** An outage is reported when this many pulls in a row were refused: a restart of the server costs one or two. */
const REPORT_AFTER = 3;

/**
 * Pulls for one worker so that what is asked for plus what is unsettled never exceeds the prefetch; the client library's
 * `consume` refills on delivery, not on settlement, and lets messages wait in the process past their deadline.
 */
export class WorkPuller implements Running {
  private readonly cleanups: (() => void)[] = [];
  private subscription: Subscription | undefined;
  private inbox = '';
  private requested = 0;
  private unsettled = 0;
  private refusals = 0;
  private heard = 0;
  private pullDue = false;
  private retryTimer: NodeJS.Timeout | undefined;
  private stopped = false;

  private constructor(
    private readonly link: NatsLink,
    private readonly pullSubject: string,
    /** Rejects while the consumer is not there. */
    private readonly probe: () => Promise<unknown>,
    private readonly options: PullOptions,
  ) {}

  static start(
    link: NatsLink,
    pullSubject: string,
    probe: () => Promise<unknown>,
    options: PullOptions,
  ): WorkPuller {
    const puller = new WorkPuller(link, pullSubject, probe, options);
    const checks = setInterval(() => puller.check(), SILENCE_MILLIS / 3);
    checks.unref();
    puller.cleanups.push(
      () => clearInterval(checks),
      link.onReconnect(() => puller.reopenAfter(0)),
      link.onClosed(() => puller.closed()),
    );
    puller.open();
    return puller;
  }

  /** Ends pulling. What was delivered before can still be settled. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    clearTimeout(this.retryTimer);
    for (const cleanup of this.cleanups) cleanup();
    // What is on its way is given back at once; unsubscribing first would leave it to the acknowledgement deadline.
    await this.subscription?.drain().catch(() => undefined);
  }

  /** Starts afresh on an inbox of its own: pulls that the server may still hold for the old one end with it. */
  private open(): void {
    clearTimeout(this.retryTimer);
    if (this.stopped || this.link.nc.isClosed() || this.link.nc.isDraining()) return;
    this.subscription?.unsubscribe();
    const inbox = createInbox();
    this.inbox = inbox;
    this.requested = 0;
    this.heard = performance.now();
    this.subscription = this.link.nc.subscribe(inbox, {
      callback: (_error, message) => {
        if (inbox === this.inbox && !this.stopped) this.receive(message);
        else if (message.subject !== inbox) this.send(message.reply ?? '', NAK);
      },
    });
    this.pull();
  }

  private pull(): void {
    this.pullDue = false;
    const free = this.options.prefetch - this.unsettled - this.requested;
    if (this.stopped || free <= 0 || this.inbox === '') return;
    // While others are asked for, small refills wait until they make a worthwhile request.
    if (this.requested > 0 && free < this.options.prefetch / 4) return;
    this.requested += free;
    this.send(this.pullSubject, PULLS.encode(free), this.inbox);
  }

  private pullSoon(): void {
    if (this.pullDue) return;
    this.pullDue = true;
    // Settlements come in runs, after an append: one pull answers for the run.
    queueMicrotask(() => this.pull());
  }

  private receive(message: Msg): void {
    this.heard = performance.now();
    if (message.subject === this.inbox) return this.refused(message);
    this.refusals = 0;
    this.requested = Math.max(0, this.requested - 1);
    // An error that left this callback would end the client's read loop.
    try {
      this.deliver(message, message.reply ?? '');
    } catch (thrown) {
      this.options.onError(toError(thrown));
    }
  }

  private deliver(message: Msg, reply: string): void {
    const work = new NatsWorkMessage(message, parseDelivery(reply), (payload, final) => {
      if (final) {
        this.unsettled--;
        this.pullSoon();
      }
      this.send(reply, payload);
    });
    this.unsettled++;
    try {
      this.options.onWork(work);
    } catch (thrown) {
      work.retry(retryDelayMillis(work.deliveries));
      throw thrown;
    }
  }

  /** A status instead of a message: the pull expired, or the server cannot serve it now. */
  private refused(status: Msg): void {
    if (this.stopped || status.headers?.code === HEARTBEAT) return;
    const left = Number(status.headers?.get('Nats-Pending-Messages') || Number.NaN);
    if (Number.isFinite(left)) {
      this.refusals = 0;
      this.requested = Math.max(0, this.requested - left);
      return this.pullSoon();
    }
    this.outage(status.headers?.description || `status ${status.headers?.code}`);
  }

  private outage(reason: string): void {
    if (this.stopped) return;
    this.refusals++;
    if (this.refusals === REPORT_AFTER)
      this.options.onError(new QueueUnavailable(this.options.queue, reason, true));
    this.reopenAfter(RETRY_MILLIS[Math.min(this.refusals, RETRY_MILLIS.length) - 1] ?? 0);
  }

  private reopenAfter(millis: number): void {
    // What comes late on the old inbox is of no pull that counts.
    this.inbox = '';
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => {
      // nats-server 2.9 drops a pull for a missing consumer without a word, so it is asked for first.
      this.probe().then(
        () => this.open(),
        (error: unknown) => this.outage(toError(error).message),
      );
    }, millis);
  }

  private check(): void {
    const heard = this.heard;
    // A handler that kept the thread delayed the reading: only a silence that outlasts a turn of the loop counts.
    setImmediate(() => {
      const silent = this.heard === heard && performance.now() - heard > SILENCE_MILLIS;
      if (silent && this.requested > 0 && this.inbox !== '') this.reopenAfter(0);
    });
  }

  private closed(): void {
    if (this.stopped) return;
    this.stopped = true;
    for (const cleanup of this.cleanups) cleanup();
    this.options.onError(new QueueUnavailable(this.options.queue, 'the connection was closed', false));
  }

  private send(subject: string, payload: Uint8Array, reply?: string): void {
    // A settlement that cannot be sent is not lost work: the message is delivered again after its deadline.
    if (this.link.nc.isClosed() || this.link.nc.isDraining()) return;
    this.link.nc.publish(subject, payload, { reply });
  }
}

const NAK = Buffer.from('-NAK');

const PULLS = {
  encode: (batch: number): Uint8Array =>
    Buffer.from(
      `{"batch":${batch},"expires":${nanos(PULL_EXPIRES_MILLIS)},"idle_heartbeat":${nanos(HEARTBEAT_MILLIS)}}`,
    ),
};
