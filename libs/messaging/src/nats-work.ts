import { logStream, queueConsumer } from '@faultline/contracts';
import type { Running, WorkMessage, WorkPort } from '@faultline/hosting';
import type { JetStreamManager } from 'nats';
import type { NatsLink } from './connection';
import { QueueUnavailable, toError } from './errors';
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
   * goes on; a throwing `onWork` goes there too and its message is delivered again after a second.
   */
  async work(options: {
    queue: string;
    prefetch: number;
    onWork(message: WorkMessage): void;
    onError(error: Error): void;
  }): Promise<Running> {
    const stream = logStream(this.options.lab);
    const consumer = queueConsumer(options.queue);
    const probe = (): Promise<unknown> => this.jsm.consumers.info(stream, consumer);
    try {
      await probe();
    } catch (error) {
      throw new QueueUnavailable(options.queue, toError(error).message, { cause: error });
    }
    return WorkPuller.start(this.link, `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, probe, options);
  }
}
