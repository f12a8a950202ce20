import { Fifo } from '../fifo';
import type { LogMessage, Running } from '../ports';
import { toError } from '../to-error';
import { Pump, type Scheduler } from './scheduler';
import type { LogReader } from './subject-log';

/** Messages one task looks at before others get their turn. */
const MESSAGES_PER_TASK = 256;

interface FollowOptions {
  fromSequence: number;
  onMessage(message: LogMessage): void;
  onError(error: Error): void;
}

/** Delivers a log's messages in order to one reader, in tasks of the scheduler. */
export class MemoryFollower implements Running, LogReader {
  private readonly waiting = new Fifo<LogMessage>();
  private readonly pump: Pump;
  private readonly detach: () => void;
  private stopped = false;

  constructor(
    attach: (reader: LogReader) => () => void,
    schedule: Scheduler,
    private readonly options: FollowOptions,
  ) {
    this.pump = new Pump(schedule, () => this.deliver());
    this.detach = attach(this);
  }

  offer(message: LogMessage): void {
    if (message.sequence < this.options.fromSequence) return;
    this.waiting.push(message);
    this.pump.wake();
  }

  stop(): Promise<void> {
    this.stopped = true;
    this.detach();
    return Promise.resolve();
  }

  private deliver(): void {
    for (let budget = MESSAGES_PER_TASK; !this.stopped; budget--) {
      if (budget === 0) return this.pump.wake();
      const message = this.waiting.shift();
      if (!message) return;
      try {
        this.options.onMessage(message);
      } catch (thrown) {
        void this.stop();
        this.options.onError(toError(thrown));
      }
    }
  }
}
