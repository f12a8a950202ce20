import { type UnitPorts } from '../common';

/** Share of the log's size limit from which on no new fault is accepted, so that what is under way can still be settled (D13). */
const ACCEPT_BELOW = 0.8;
/** How often the log is asked how full it is, while requests come or wait. */
const ASK_MICROS = 1_000_000;

/** Whether the log has room for new faults. It discards new messages and never old ones, so the last part is kept for the drain. */
export class LogRoom {
  private fill = 0;
  private askedAtMicros = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly ports: UnitPorts,
    private readonly unit: string,
  ) {}

  /** Asks again when the last answer is old; the answer counts for later requests. */
  refresh(): void {
    if (this.ports.clock.nowMicros() - this.askedAtMicros >= ASK_MICROS) void this.ask();
  }

  get isFull(): boolean {
    return this.fill >= ACCEPT_BELOW;
  }

  /** Resolves when there is room: the devices wait, and nothing is lost. */
  async available(): Promise<void> {
    if (this.isFull) {
      const percent = Math.round(this.fill * 100);
      this.ports.logger.warn(
        { unit: this.unit, percent },
        'the log is nearly full, no page request is accepted until it has room',
      );
    }
    while (this.isFull) {
      await new Promise<void>((resolve) => this.ports.clock.after(ASK_MICROS, resolve));
      await this.ask();
    }
  }

  private async ask(): Promise<void> {
    this.askedAtMicros = this.ports.clock.nowMicros();
    // A log that does not answer tells nothing new; appends notice its absence by themselves.
    this.fill = await this.ports.log.fill().catch(() => this.fill);
  }
}
