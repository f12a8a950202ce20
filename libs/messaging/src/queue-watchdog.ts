import type { Running } from '@faultline/hosting';
import { DeliverPolicy, type ConsumerConfig, type ConsumerInfo, type JetStreamManager } from 'nats';
import { findConsumer } from './ensure';
import { QueueWatch, type QueueLook, type QueueTrouble } from './queue-watch';

/** A queue whose consumer was made again. */
export interface QueueRepair {
  queue: string;
  trouble: QueueTrouble;
  /** The first message of the log that is delivered again. */
  fromSequence: number;
}

export interface QueueWatchdogOptions {
  queue: string;
  stream: string;
  consumer: string;
  /** The consumer as it is now. */
  info: ConsumerInfo;
  /** Time between two looks, in milliseconds. */
  everyMillis: number;
  /** How long a queue may stand still with work and waiting workers, in milliseconds. */
  patienceMillis: number;
  onRepaired(repair: QueueRepair): void;
}

/**
 * Looks after the consumer that the workers of an IOPF queue share, and makes it anew when it is gone or stuck. It begins behind
 * the last message before which all were settled, so nothing is lost; what is delivered twice is answered once (D1). Every
 * worker watches; whoever finds that another one has already mended it stands back.
 */
export class QueueWatchdog implements Running {
  private readonly watch: QueueWatch;
  private readonly config: ConsumerConfig;
  private last: QueueLook;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly jsm: JetStreamManager,
    private readonly options: QueueWatchdogOptions,
  ) {
    this.watch = new QueueWatch(options.patienceMillis);
    this.config = options.info.config;
    this.last = lookOf(options.info);
    this.later();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.looking;
  }

  private later(): void {
    if (this.stopped) return;
    // Workers that look in step would mend in step.
    const millis = this.options.everyMillis * (0.75 + Math.random() / 2);
    this.timer = setTimeout(() => {
      this.looking = this.look()
        // A server that does not answer tells nothing about the queue.
        .catch(() => this.watch.reset())
        .finally(() => this.later());
    }, millis);
    this.timer.unref();
  }

  private async look(): Promise<void> {
    const info = await findConsumer(this.jsm, this.options.stream, this.options.consumer);
    const look = info && lookOf(info);
    const trouble = this.watch.judge(look);
    if (look) this.last = look;
    if (trouble === undefined) return;
    this.watch.reset();
    await this.mend(trouble);
  }

  private async mend(trouble: QueueTrouble): Promise<void> {
    const { jsm, last } = this;
    const { stream, consumer, queue, onRepaired } = this.options;
    const now = await findConsumer(jsm, stream, consumer);
    if (now && now.created !== last.created) return;
    if (now) await jsm.consumers.delete(stream, consumer);
    const fromSequence = last.ackFloor + 1;
    await jsm.consumers.add(stream, {
      ...this.config,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: fromSequence,
    });
    onRepaired({ queue, trouble, fromSequence });
  }
}

function lookOf(info: ConsumerInfo): QueueLook {
  return {
    atMillis: performance.now(),
    created: info.created,
    deliveries: info.delivered.consumer_seq,
    ackFloor: info.ack_floor.stream_seq,
    lag: info.num_pending,
    waiting: info.num_waiting,
  };
}
