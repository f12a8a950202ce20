import type { ClockPort } from '@faultline/hosting';

/** Waits before other attempts, which whoever stops can cut short. */
export class Pause {
  private readonly waits = new Set<() => void>();

  constructor(private readonly clock: ClockPort) {}

  /** Resolves when the time has passed or the wait was cut short. */
  wait(micros: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.waits.delete(end);
        cancelAlarm();
        resolve();
      };
      const cancelAlarm = this.clock.after(micros, end);
      this.waits.add(end);
    });
  }

  /** Ends all waits that are under way; later ones take their time. */
  cut(): void {
    for (const end of this.waits) end();
  }
}
