import type { OutgoingMessage, UnitJournal } from '@faultline/hosting';
import { fail, type SkeletonPorts } from './ports';

/**
 * Appends what arrives in cycles that clock themselves, one in flight: what a `UnitHost` does, without a unit. Records are
 * released when the log holds them.
 */
export class CycleWriter<Record_> {
  private waiting: Record_[] = [];
  private released: (() => void)[] = [];
  private scheduled = false;
  private writing = false;

  constructor(
    private readonly ports: SkeletonPorts,
    private readonly journal: UnitJournal,
    private readonly messages: (records: readonly Record_[]) => OutgoingMessage[][],
  ) {}

  get lastSequence(): number {
    return this.journal.lastSequence;
  }

  push(records: readonly Record_[]): void {
    for (const record of records) this.waiting.push(record);
    this.wake();
  }

  /** Resolves when the log holds the records. */
  write(records: readonly Record_[]): Promise<void> {
    this.push(records);
    return new Promise((resolve) => this.released.push(resolve));
  }

  private wake(): void {
    if (this.scheduled || this.writing) return;
    this.scheduled = true;
    this.ports.clock.after(0, () => {
      this.scheduled = false;
      void this.writeAll().catch(fail);
    });
  }

  private async writeAll(): Promise<void> {
    this.writing = true;
    while (this.waiting.length > 0) {
      const { waiting, released } = this;
      this.waiting = [];
      this.released = [];
      await this.journal.write(this.messages(waiting));
      for (const release of released) release();
    }
    this.writing = false;
  }
}
