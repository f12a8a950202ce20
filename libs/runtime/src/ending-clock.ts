import type { ClockPort } from '@faultline/hosting';

/** A clock that can be stopped: what was to happen later does not, and nothing new is arranged. For what outlives its purpose. */
export class EndingClock implements ClockPort {
  private readonly alarms = new Set<() => void>();
  private ended = false;

  constructor(private readonly clock: ClockPort) {}

  nowMicros(): number {
    return this.clock.nowMicros();
  }

  after(delayMicros: number, task: () => void): () => void {
    if (this.ended) return () => undefined;
    // What comes in a moment anyway is let come, and does nothing then. A service arranges thousands of these a second, and a set out of
    // which so many come and go keeps all of them, and what they hold, until the next collection of old objects.
    if (delayMicros <= 0) return this.clock.after(delayMicros, () => (this.ended ? undefined : task()));
    const cancel = this.clock.after(delayMicros, () => {
      this.alarms.delete(cancel);
      task();
    });
    this.alarms.add(cancel);
    return () => {
      this.alarms.delete(cancel);
      cancel();
    };
  }

  end(): void {
    this.ended = true;
    for (const cancel of this.alarms) cancel();
    this.alarms.clear();
  }
}
