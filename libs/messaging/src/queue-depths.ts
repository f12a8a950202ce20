import { logStream, queueConsumer, subjectsOf } from '@faultline/contracts';
import type { ConsumerInfo } from 'nats';
import type { NatsLink } from './connection';
import { askJetStream, CONSUMER_NOT_FOUND, JetStreamRefused, NO_MESSAGE_FOUND } from './jetstream-api';

/** What waits in one IOPF queue. */
export interface QueueDepth {
  queue: string;
  /** Work messages that no worker was given yet. */
  waiting: number;
  /** Work messages that a worker has and has not settled. */
  unsettled: number;
  /** How old the oldest of both is, in milliseconds by the clocks of the server and of this machine; 0 when there is none. */
  oldestAgeMillis: number;
}

/**
 * Asks the server what waits in the queues of a laboratory, two short questions for each; a queue whose consumer is gone is left out.
 * Rejects with {@link JetStreamRefused} or `RequestFailed`.
 */
export async function queueDepths(
  link: NatsLink,
  lab: string,
  queues: readonly string[],
): Promise<QueueDepth[]> {
  const depths = await Promise.all(queues.map((queue) => queueDepth(link, lab, queue)));
  return depths.filter((depth) => depth !== undefined);
}

async function queueDepth(link: NatsLink, lab: string, queue: string): Promise<QueueDepth | undefined> {
  const stream = logStream(lab);
  const info = await unless(
    CONSUMER_NOT_FOUND,
    askJetStream<ConsumerInfo>(link, `CONSUMER.INFO.${stream}.${queueConsumer(queue)}`),
  );
  if (!info) return undefined;
  const [waiting, unsettled] = [info.num_pending, info.num_ack_pending];
  const next = { next_by_subj: subjectsOf(lab).queueLogAnyIommu(queue), seq: info.ack_floor.stream_seq + 1 };
  const oldest =
    waiting + unsettled > 0
      ? await unless(
          NO_MESSAGE_FOUND,
          askJetStream<{ message: { time: string } }>(link, `STREAM.MSG.GET.${stream}`, next),
        )
      : undefined;
  const oldestAgeMillis = oldest ? Math.max(0, new Date().getTime() - Date.parse(oldest.message.time)) : 0;
  return { queue, waiting, unsettled, oldestAgeMillis };
}

async function unless<T>(code: number, asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof JetStreamRefused && error.code === code) return undefined;
    throw error;
  }
}
