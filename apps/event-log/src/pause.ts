import type { ClockPort } from '@faultline/hosting';

/** A wait before another attempt, which whoever stops can cut short. */
export class Pause {
  private cancel: () => void = () => undefined;

  constructor(private readonly clock: ClockPort) {}

  /** Resolves when the time has passed or the wait was cut short. One wait at a time. */
  wait(micros: number): Promise<void> {
    return new Promise((resolve) => {
      const cancelAlarm = this.clock.after(micros, resolve);
      this.cancel = () => {
        cancelAlarm();
        resolve();
      };
    });
  }

  cut(): void {
    this.cancel();
  }
}
