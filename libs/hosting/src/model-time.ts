import type { ClockPort } from './ports';

/**
 * Spends modelled cost as wall time. A cost of zero costs nothing, not even a turn of the event loop, so that a profile without
 * cost measures the software alone.
 */
export class ModelTime {
  constructor(
    private readonly clock: ClockPort,
    /** Wall microseconds of one model microsecond. */
    readonly scale: number,
  ) {}

  /** Runs `task` when `modelMicros` of model time have passed; at once for 0. */
  after(modelMicros: number, task: () => void): void {
    if (modelMicros <= 0) task();
    else this.clock.after(modelMicros * this.scale, task);
  }
}
