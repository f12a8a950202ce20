import type { ClockPort, WorkMessage, Working, WorkPort } from '../ports';
import type { MemoryLog } from './memory-log';
import { MemoryQueue } from './memory-queue';
import { microtasks, type Scheduler } from './scheduler';

export interface MemoryWorkOptions {
  log: MemoryLog;
  /** Subject pattern of an IOPF queue's messages. */
  subjectOf(queue: string): string;
  clock: ClockPort;
  /** Time a worker has to settle a message before it is delivered again, in milliseconds; default 30 000. */
  ackWaitMillis?: number;
  schedule?: Scheduler;
}

/**
 * IOPF queues over a {@link MemoryLog}. A queue begins when somebody first works on it, with what the log has of it then, and keeps what
 * is unsettled, whoever works on it.
 */
export class MemoryWork implements WorkPort {
  private readonly queues = new Map<string, MemoryQueue>();

  constructor(private readonly options: MemoryWorkOptions) {}

  work(options: {
    queue: string;
    prefetch: number;
    onWork(message: WorkMessage): void;
    onError(error: Error): void;
  }): Promise<Working> {
    return Promise.resolve(this.queueOf(options.queue).join(options));
  }

  private queueOf(name: string): MemoryQueue {
    let queue = this.queues.get(name);
    if (!queue) {
      queue = new MemoryQueue({
        log: this.options.log,
        subject: this.options.subjectOf(name),
        clock: this.options.clock,
        ackWaitMicros: (this.options.ackWaitMillis ?? 30_000) * 1000,
        schedule: this.options.schedule ?? microtasks,
      });
      this.queues.set(name, queue);
    }
    return queue;
  }
}
