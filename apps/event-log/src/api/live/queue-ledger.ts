import type { LogEvent } from '@faultline/contracts';

/** Where an IOPF queue stands. */
export interface QueueLook {
  iommu: number;
  queue: string;
  /** Groups on it whose handling is not over. */
  depth: number;
  /** How long the oldest of them has been there, in microseconds; null when it is empty. */
  oldestAgeMicros: number | null;
  /** Groups that were ever put on it, and whose handling is over. */
  queued: number;
  handled: number;
}

interface Queue {
  iommu: number;
  queue: string;
  queued: number;
  handled: number;
  /** Group -> when it was put on the queue, oldest first. */
  waiting: Map<string, number>;
}

/** Which groups are on which IOPF queue, as the log tells it. */
export class QueueLedger {
  private readonly queues = new Map<string, Queue>();
  private readonly queueOf = new Map<string, Queue>();

  /** Takes an event of an IOMMU, or of a worker about one. */
  take(event: LogEvent, iommu: number): void {
    if (event.kind === 'GroupQueued') {
      const queue = this.at(iommu, event.queue);
      const group = `${iommu}.${event.groupEpoch}.${event.group}`;
      queue.queued += 1;
      queue.waiting.set(group, event.queuedAtMicros);
      this.queueOf.set(group, queue);
    } else if (event.kind === 'GroupHandled')
      this.leave(`${event.iommu}.${event.epoch}.${event.group}`, true);
    // Answered without its handler, by a timeout or a teardown: nobody works on it any more.
    else if (event.kind === 'GroupResponded' || event.kind === 'GroupDiscarded')
      this.leave(`${iommu}.${event.groupEpoch}.${event.group}`, false);
  }

  looks(nowMicros: number): QueueLook[] {
    return [...this.queues.values()].map(({ iommu, queue, queued, handled, waiting }) => {
      const [oldest] = waiting.values();
      const oldestAgeMicros = oldest === undefined ? null : Math.max(0, Math.round(nowMicros - oldest));
      return { iommu, queue, depth: waiting.size, oldestAgeMicros, queued, handled };
    });
  }

  private leave(group: string, handled: boolean): void {
    const queue = this.queueOf.get(group);
    if (!queue) return;
    this.queueOf.delete(group);
    queue.waiting.delete(group);
    if (handled) queue.handled += 1;
  }

  private at(iommu: number, name: string): Queue {
    const key = `${iommu} ${name}`;
    let queue = this.queues.get(key);
    if (!queue)
      this.queues.set(key, (queue = { iommu, queue: name, queued: 0, handled: 0, waiting: new Map() }));
    return queue;
  }
}
