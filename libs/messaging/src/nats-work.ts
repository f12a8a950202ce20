import { logStream, queueConsumer } from '@faultline/contracts';
import { QueueUnavailable, type WorkMessage, type Working, type WorkPort } from '@faultline/hosting';
import { millis, type ConsumerInfo, type JetStreamManager } from 'nats';
import type { NatsLink } from './connection';
import { toError } from './errors';
import { WorkPuller } from './work-puller';

/** IOPF queues as durable pull consumers with explicit acknowledgement, made by `provision`. */
export class NatsWork implements WorkPort {
  constructor(
    private readonly link: NatsLink,
    private readonly jsm: JetStreamManager,
    private readonly options: { lab: string },
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
    const stream = logStream(this.options.lab);
    const consumer = queueConsumer(options.queue);
    const probe = (): Promise<ConsumerInfo> => this.jsm.consumers.info(stream, consumer);
    const { config } = await probe().catch((error: unknown) => {
      throw new QueueUnavailable(options.queue, toError(error).message, false, { cause: error });
    });
    const puller = WorkPuller.start(
      this.link,
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
      probe,
      options,
    );
    return { ackWaitMillis: millis(config.ack_wait ?? 0), stop: () => puller.stop() };
  }
}
