import { SeededRandom } from './random';

/** When a device issues its accesses. Times are model microseconds. */
export type PacingConfig =
  /** A new access as soon as fewer than `outstanding` are in flight. */
  | { kind: 'closed'; outstanding: number }
  /** So many accesses a second, whatever the system does; never more than `outstanding` in flight when that is given. */
  | { kind: 'open'; ratePerSecond: number; arrivals: 'constant' | 'exponential'; outstanding?: number };

/** Says when the next access is due. Holds no clock: `now` comes in. */
export interface AccessPacer {
  /**
   * Takes the next access's turn, if it is due now.
   *
   * @returns when it was meant to start: in a closed loop now, in an open loop its arrival, however long ago. A latency taken
   * from there has the wait for a stalled system in it.
   */
  take(nowMicros: number, inFlight: number): number | undefined;
  /** When the next access can be due at the earliest; `undefined` when only the end of another can make it due. */
  nextDueMicros(inFlight: number): number | undefined;
}

const MICROS_PER_SECOND = 1_000_000;

/** A pacer that starts at `startMicros`. */
export function createPacer(config: PacingConfig, startMicros: number, seed: number): AccessPacer {
  if (config.kind === 'closed') return new ClosedLoop(config.outstanding, startMicros);
  const most = config.outstanding ?? Number.POSITIVE_INFINITY;
  const gap = MICROS_PER_SECOND / config.ratePerSecond;
  if (!(gap > 0 && Number.isFinite(gap)))
    throw new RangeError(`a rate must be above 0 a second, found ${config.ratePerSecond}`);
  if (config.arrivals === 'constant') return new OpenLoop(new ConstantArrivals(startMicros, gap), most);
  return new OpenLoop(new PoissonArrivals(startMicros, gap, new SeededRandom(seed).fork('arrivals')), most);
}

class ClosedLoop implements AccessPacer {
  constructor(
    private readonly outstanding: number,
    private readonly startMicros: number,
  ) {
    checkOutstanding(outstanding);
  }

  take(nowMicros: number, inFlight: number): number | undefined {
    return inFlight < this.outstanding && nowMicros >= this.startMicros ? nowMicros : undefined;
  }

  nextDueMicros(inFlight: number): number | undefined {
    return inFlight < this.outstanding ? this.startMicros : undefined;
  }
}

class OpenLoop implements AccessPacer {
  constructor(
    private readonly arrivals: Arrivals,
    private readonly outstanding: number,
  ) {
    checkOutstanding(outstanding);
  }

  take(nowMicros: number, inFlight: number): number | undefined {
    const intended = this.arrivals.atMicros;
    if (intended > nowMicros || inFlight >= this.outstanding) return undefined;
    this.arrivals.advance();
    return intended;
  }

  nextDueMicros(inFlight: number): number | undefined {
    return inFlight < this.outstanding ? this.arrivals.atMicros : undefined;
  }
}

/** The arrivals of an open loop, one after the other. */
interface Arrivals {
  readonly atMicros: number;
  advance(): void;
}

class ConstantArrivals implements Arrivals {
  private arrived = 0;

  constructor(
    private readonly startMicros: number,
    private readonly gapMicros: number,
  ) {}

  get atMicros(): number {
    // Counted from the start, because a sum of gaps would drift by its rounding.
    return this.startMicros + this.arrived * this.gapMicros;
  }

  advance(): void {
    this.arrived += 1;
  }
}

/** Independent exponential gaps: a Poisson process. */
class PoissonArrivals implements Arrivals {
  atMicros: number;

  constructor(
    startMicros: number,
    private readonly meanMicros: number,
    private readonly random: SeededRandom,
  ) {
    this.atMicros = startMicros;
    this.advance();
  }

  advance(): void {
    this.atMicros -= Math.log(1 - this.random.unit()) * this.meanMicros;
  }
}

function checkOutstanding(outstanding: number): void {
  if (!(outstanding >= 1))
    throw new RangeError(`at least 1 access must be allowed in flight, found ${outstanding}`);
}
