import { logStream, queueConsumer } from '@faultline/contracts';
import { QueueUnavailable, type WorkMessage, type Working, type WorkPort, toError } from '@faultline/hosting';
import { millis, type ConsumerInfo, type JetStreamManager } from 'nats';
import type { NatsLink } from './connection';
import { askJetStream } from './jetstream-api';
import { patiently } from './patience';
import { QueueWatchdog, type QueueRepair } from './queue-watchdog';
import { WorkPuller } from './work-puller';

export interface NatsWorkOptions {
  lab: string;
  /** How often the consumer of a queue is looked at, in milliseconds; default 5000. */
  watchEveryMillis?: number;
  /**
   * How long a queue may stand still with work and waiting workers before its consumer is made anew, in milliseconds; default three
   * times the deadline for settling, because what a dead worker holds comes back within one.
   */
  watchPatienceMillis?: number;
  /** Called for each consumer that was made anew, so that it can be told. */
  onRepaired?(repair: QueueRepair): void;
}

const WATCH_EVERY_MILLIS = 5_000;

/** IOPF queues as durable pull consumers with explicit acknowledgement, made by `provision`. */
export class NatsWork implements WorkPort {
  constructor(
    private readonly link: NatsLink,
    private readonly jsm: JetStreamManager,
    private readonly options: NatsWorkOptions,
  ) {}

  /**
   * Rejects with {@link QueueUnavailable} when the queue has no consumer. Later outages go to `onError`, once each, and pulling
   * goes on.
   */
  async work(options: {
    queue: string;
    prefetch: number;
    onWork(message: WorkMessage): void;
    onError(error: Error): void;
  }): Promise<Working> {
    const { lab, watchEveryMillis, watchPatienceMillis, onRepaired } = this.options;
    const { queue } = options;
    const stream = logStream(lab);
    const consumer = queueConsumer(queue);
    const probe = (): Promise<ConsumerInfo> =>
      askJetStream<ConsumerInfo>(this.link, `CONSUMER.INFO.${stream}.${consumer}`);
    const info = await patiently(probe).catch((error: unknown) => {
      throw new QueueUnavailable(queue, toError(error).message, false, { cause: error });
    });
    const ackWaitMillis = millis(info.config.ack_wait ?? 0);
    const pulls = `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`;
    const puller = WorkPuller.start(this.link, pulls, probe, options);
    const watchdog = new QueueWatchdog(this.jsm, {
      ...{ queue, stream, consumer, info },
      everyMillis: watchEveryMillis ?? WATCH_EVERY_MILLIS,
      patienceMillis: watchPatienceMillis ?? 3 * ackWaitMillis,
      onRepaired: (repair) => onRepaired?.(repair),
    });
    return {
      ackWaitMillis,
      stop: async () => {
        await Promise.all([watchdog.stop(), puller.stop()]);
      },
    };
  }
}
