import type { LogMessage } from '@faultline/hosting';

/** How much may wait in memory for the disk. Whichever is reached first. */
export interface BacklogLimits {
  messages: number;
  bytes: number;
}

/** Some 30,000 faults; a second of the fastest run that was measured. */
export const BACKLOG_LIMITS: BacklogLimits = { messages: 8192, bytes: 64 * 1024 * 1024 };

/** Messages that came while a transaction was under way: they are the next one. */
export class Backlog {
  private waiting: LogMessage[] = [];
  private bytes = 0;

  constructor(private readonly limits: BacklogLimits) {}

  get size(): number {
    return this.waiting.length;
  }

  get isFull(): boolean {
    return this.waiting.length >= this.limits.messages || this.bytes >= this.limits.bytes;
  }

  add(message: LogMessage): void {
    this.waiting.push(message);
    this.bytes += message.body.length;
  }

  /** Everything that waits; nothing does afterwards. */
  take(): LogMessage[] {
    const taken = this.waiting;
    this.waiting = [];
    this.bytes = 0;
    return taken;
  }
}
