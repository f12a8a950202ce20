import { type ClockPort, toError } from '@faultline/hosting';
import { EventQueue } from './event-queue';

/** The simulation came to a standstill: so much model time passed without anything that counts as progress. */
export class SimulationStands extends Error {
  constructor(
    readonly atMicros: number,
    readonly patienceMicros: number,
    /** Where everything stands. */
    readonly standing: string,
  ) {
    super(
      `the simulation stands still: nothing came to an end in ${patienceMicros / 1e6} s of model time (${standing})`,
    );
    this.name = 'SimulationStands';
  }
}

export interface VirtualClockOptions {
  /** What the clock shows at the beginning, in microseconds since the Unix epoch. */
  startMicros: number;
  /** Runs the task when all promises have gone on that can: in Node a `process.nextTick` out of a microtask. */
  settle(task: () => void): void;
  /** Lets go on what happens outside of simulated time, such as the reading of files: `setImmediate` in Node. */
  breathe(): Promise<void>;
  /** Whether something of that is under way that the simulation will hear of: until then no time passes. */
  isAwaited(): boolean;
}

/** Instants after which what is outside gets a moment, also when nobody waits for it: a signal, for one. */
const INSTANTS_PER_BREATH = 4_096;

/**
 * Time that passes only when everything at an instant has happened: as fast as the machine can, and in one order for one seed. What
 * happens at the same instant happens in the order in which it was asked for.
 */
export class VirtualClock implements ClockPort {
  private readonly queue = new EventQueue();
  private now: number;
  /** Instants at which something happened. */
  instants = 0;

  constructor(private readonly options: VirtualClockOptions) {
    this.now = options.startMicros;
  }

  nowMicros(): number {
    return this.now;
  }

  after(delayMicros: number, task: () => void): () => void {
    return this.queue.pushAfter(this.now, Math.max(0, delayMicros), task);
  }

  /** {@link after} for what is never cancelled, such as what travels: there is nothing to cancel it with. */
  surely(delayMicros: number, task: () => void): void {
    this.queue.addAfter(this.now, Math.max(0, delayMicros), task);
  }

  /** Lets time pass until the condition holds. It is looked at after each instant. Rejects with what it, or a task, throws. */
  until(condition: () => boolean): Promise<void> {
    const { settle, breathe, isAwaited } = this.options;
    return new Promise((resolve, reject) => {
      const goOn = (): void => {
        try {
          if (condition()) return resolve();
          const hasToBreathe = isAwaited();
          if (!hasToBreathe) this.nextInstant();
          if (hasToBreathe || this.instants % INSTANTS_PER_BREATH === 0) breathe().then(goOn, reject);
          else settle(goOn);
        } catch (error) {
          reject(toError(error));
        }
      };
      settle(goOn);
    });
  }

  private nextInstant(): void {
    const at = this.queue.nextAtMicros;
    if (at === undefined) throw new SimulationStands(this.now, 0, 'nothing is left to be done');
    this.now = Math.max(this.now, at);
    this.instants += 1;
    for (let task = this.queue.takeDue(this.now); task; task = this.queue.takeDue(this.now)) task();
  }
}
