import type { LogMessage, Running } from '../ports';
import { toError } from '../to-error';
import { Pump, type Scheduler } from './scheduler';
import { subjectMatcher } from '../subject-match';

/** Messages one task looks at before others get their turn. */
const MESSAGES_PER_TASK = 256;

interface Source {
  at(sequence: number): LogMessage | undefined;
  watch(onStored: () => void): () => void;
}

interface FollowOptions {
  subject: string;
  fromSequence: number;
  onMessage(message: LogMessage): void;
  onError(error: Error): void;
}

/** Delivers a log's messages in order to one reader, in tasks of the scheduler. */
export class MemoryFollower implements Running {
  private readonly matches: (subject: string) => boolean;
  private readonly pump: Pump;
  private readonly unwatch: () => void;
  private next: number;
  private stopped = false;

  constructor(
    private readonly source: Source,
    schedule: Scheduler,
    private readonly options: FollowOptions,
  ) {
    this.matches = subjectMatcher(options.subject);
    this.next = Math.max(1, options.fromSequence);
    this.pump = new Pump(schedule, () => this.deliver());
    this.unwatch = source.watch(() => this.pump.wake());
    this.pump.wake();
  }

  stop(): Promise<void> {
    this.stopped = true;
    this.unwatch();
    return Promise.resolve();
  }

  private deliver(): void {
    for (let budget = MESSAGES_PER_TASK; !this.stopped; budget--) {
      const message = this.source.at(this.next);
      if (!message) return;
      if (budget === 0) return this.pump.wake();
      this.next++;
      if (!this.matches(message.subject)) continue;
      try {
        this.options.onMessage(message);
      } catch (thrown) {
        void this.stop();
        this.options.onError(toError(thrown));
      }
    }
  }
}
