import { KvLost, LogReadFailed, LogTrimmed, type Running, toError } from '@faultline/hosting';
import {
  AckPolicy,
  createInbox,
  DeliverPolicy,
  nanos,
  ReplayPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  type Msg,
  type Subscription,
} from 'nats';
import type { NatsLink } from './connection';
import { parseDelivery, type Delivery } from './delivery';
import { askJetStream, JetStreamRefused } from './jetstream-api';
import { patiently } from './patience';

export interface FollowOptions {
  subject: string;
  fromSequence: number;
  onMessage(message: Msg, delivery: Delivery): void;
  /** Called when the server has the reader, and before any message is handed over. Rejects when it is not to read from there on. */
  check?(fromSequence: number): Promise<void>;
  /** The consumer was made for the first time; `pending` messages of the stream were there for it, as far as the server knows. */
  onOpened?(pending: number): void;
  onError(error: Error): void;
}

/** The server speaks at least this often; after two and a half silent intervals the consumer counts as lost. */
const HEARTBEAT_MILLIS = 1_000;
/** Pauses before the consumer is made again, in milliseconds; the last one repeats. */
const RETRY_MILLIS = [0, 50, 100, 250, 500, 1_000];
/**
 * A new leader may not have applied all it holds yet, and then seems to lack the end of the log. What it lacks after so many attempts
 * in a row, several seconds, is lost.
 */
const GIVE_UP_AFTER_SHORT = 8;
/** A stream that stays away for so many attempts in a row was deleted, not restarted. */
const GIVE_UP_AFTER_MISSING = 15;

const STREAM_NOT_FOUND = 10059;

/**
 * An ordered consumer: push, no acknowledgement, flow control, made again from the next position when deliveries have a gap, the
 * server falls silent or the connection was lost. The client library's own one starts again at 1 when it is reset before its
 * first message, and waits for two missed heartbeats after a reconnection.
 *
 * Memory is bounded: `onMessage` runs inside the socket's read, so a slow reader stops the reading, and the server holds back
 * until its flow control message, which comes behind what it sent, is answered.
 */
export class LogFollower implements Running {
  private readonly cleanups: (() => void)[] = [];
  private subscription: Subscription | undefined;
  private inbox = '';
  private consumer = '';
  private next: number;
  /** The last sequence handed to the reader, 0 before the first. */
  private read = 0;
  private delivered = 0;
  private heard = 0;
  /** When the stream was made; another time means another stream of the same name. */
  private created = '';
  /** What came before it was known whether the reader may have it: at most a first window of the server's flow control, 2 MiB. */
  private held: Msg[] | undefined;
  private reopening = false;
  private stopped = false;

  private constructor(
    private readonly link: NatsLink,
    private readonly stream: string,
    private readonly options: FollowOptions,
  ) {
    this.next = Math.max(1, options.fromSequence);
  }

  /** Rejects with `LogReadFailed` when the stream is not there, and with `LogTrimmed` when `check` does. */
  static async start(link: NatsLink, stream: string, options: FollowOptions): Promise<LogFollower> {
    const follower = new LogFollower(link, stream, options);
    const checks = setInterval(() => follower.check(), HEARTBEAT_MILLIS / 2);
    checks.unref();
    follower.cleanups.push(
      () => clearInterval(checks),
      link.onReconnect(() => void follower.reopen()),
      link.onClosed(() => follower.fail(new LogReadFailed(options.subject, 'the connection was closed'))),
    );
    try {
      const { num_pending: pending, delivered } = await patiently(async () => {
        follower.close();
        follower.created = (await follower.streamInfo()).created;
        return follower.open();
      });
      follower.opened(pending + delivered.consumer_seq);
    } catch (error) {
      await follower.stop();
      if (error instanceof LogTrimmed) throw error;
      throw new LogReadFailed(options.subject, toError(error).message, { cause: error });
    }
    return follower;
  }

  stop(): Promise<void> {
    if (this.stopped) return Promise.resolve();
    this.stopped = true;
    for (const cleanup of this.cleanups) cleanup();
    this.close();
    return Promise.resolve();
  }

  private async open(): Promise<ConsumerInfo> {
    const inbox = createInbox();
    this.inbox = inbox;
    this.delivered = 0;
    this.heard = performance.now();
    const held: Msg[] = [];
    this.held = held;
    this.subscription = this.link.nc.subscribe(inbox, {
      callback: (_error, message) => {
        if (inbox === this.inbox) this.receive(message);
      },
    });
    const config: Partial<ConsumerConfig> = {
      filter_subject: this.options.subject,
      deliver_subject: inbox,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: this.next,
      ack_policy: AckPolicy.None,
      replay_policy: ReplayPolicy.Instant,
      max_deliver: 1,
      flow_control: true,
      idle_heartbeat: nanos(HEARTBEAT_MILLIS),
      mem_storage: true,
      num_replicas: 1,
    };
    const request = { stream_name: this.stream, config };
    const info = await askJetStream<ConsumerInfo>(this.link, `CONSUMER.CREATE.${this.stream}`, request);
    if (inbox !== this.inbox) return info;
    this.consumer = info.name;
    await this.options.check?.(this.next);
    if (this.held === held) this.release(held);
    return info;
  }

  private release(held: readonly Msg[]): void {
    this.held = undefined;
    const { inbox } = this;
    for (const message of held) if (this.inbox === inbox) this.receive(message);
  }

  private opened(pending: number): void {
    try {
      this.options.onOpened?.(pending);
    } catch (thrown) {
      this.fail(toError(thrown));
    }
  }

  private close(): void {
    this.inbox = '';
    const { consumer } = this;
    this.consumer = '';
    if (this.link.nc.isClosed()) return;
    this.subscription?.unsubscribe();
    // The server drops it by itself when nobody listens on its inbox; this is only sooner.
    if (consumer !== '')
      askJetStream(this.link, `CONSUMER.DELETE.${this.stream}.${consumer}`).catch(() => undefined);
  }

  private receive(message: Msg): void {
    this.heard = performance.now();
    if (this.held) return void this.held.push(message);
    if (message.subject === this.inbox) return this.control(message);
    try {
      const delivery = parseDelivery(message.reply ?? '');
      if (delivery.deliverySequence !== this.delivered + 1) return void this.reopen();
      this.delivered = delivery.deliverySequence;
      if (delivery.sequence < this.next) return;
      this.next = delivery.sequence + 1;
      this.read = delivery.sequence;
      this.options.onMessage(message, delivery);
    } catch (thrown) {
      // An error that left this callback would end the client's read loop.
      this.fail(toError(thrown));
    }
  }

  private control(message: Msg): void {
    const stalled = message.headers?.get('Nats-Consumer-Stalled') ?? '';
    if (message.reply) message.respond();
    else if (stalled !== '') this.link.nc.publish(stalled);
    const last = message.headers?.get('Nats-Last-Consumer') ?? '';
    if (last !== '' && Number(last) !== this.delivered) void this.reopen();
  }

  private check(): void {
    // What the socket holds was not read while a handler kept the thread: only a silence that outlasts a turn of the loop counts.
    const heard = this.heard;
    setImmediate(() => {
      if (this.heard === heard && performance.now() - heard > HEARTBEAT_MILLIS * 2.5) void this.reopen();
    });
  }

  private async reopen(): Promise<void> {
    if (this.reopening || this.stopped) return;
    this.reopening = true;
    let missing = 0;
    let short = 0;
    for (let attempt = 0; !this.stopped; attempt++) {
      this.close();
      const millis = RETRY_MILLIS[Math.min(attempt, RETRY_MILLIS.length - 1)] ?? 0;
      if (millis > 0) await new Promise((resolve) => setTimeout(resolve, millis));
      if (this.isStopped()) break;
      try {
        const { state, created } = await this.streamInfo();
        const isAnother = created !== this.created;
        if (state.last_seq < this.read) {
          if (!isAnother && (short += 1) < GIVE_UP_AFTER_SHORT) continue;
          return this.lost(`it ends at ${state.last_seq}, but ${this.read} was read from it before`);
        }
        if (isAnother) return this.lost(`its stream was deleted and made anew at ${created}`);
        await this.open();
        if (this.isStopped()) this.close();
        break;
      } catch (error) {
        if (error instanceof LogTrimmed) return this.fail(error);
        if (error instanceof KvLost)
          return this.lost('it was trimmed, and where it begins is not known any more', error);
        missing = error instanceof JetStreamRefused && error.code === STREAM_NOT_FOUND ? missing + 1 : 0;
        if (missing >= GIVE_UP_AFTER_MISSING) return this.lost('its stream is gone', error);
      }
    }
    this.reopening = false;
  }

  /**
   * A log that is shorter than what was read from it lost its end (a power cut without sync), and one that was made anew is
   * another: going on would hide that.
   */
  private lost(reason: string, cause?: unknown): void {
    this.fail(new LogReadFailed(this.options.subject, reason, { cause }));
  }

  private streamInfo(): Promise<{ created: string; state: { last_seq: number } }> {
    return askJetStream(this.link, `STREAM.INFO.${this.stream}`);
  }

  // A method, so that the compiler does not take the flag for unchanged across an await.
  private isStopped(): boolean {
    return this.stopped;
  }

  private fail(error: Error): void {
    if (this.stopped) return;
    void this.stop();
    this.options.onError(error);
  }
}
