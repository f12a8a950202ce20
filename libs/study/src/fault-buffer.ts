import { type Stage, STAGES } from '@faultline/audit';

/** Numbers kept of a fault: when it was sent and settled, its device, and its stages. */
const WIDTH = 3 + STAGES.length;
/** Faults kept at once; 144 MB of them. */
const CAPACITY = 2_000_000;

/** What is kept of a settled fault. Times are model microseconds since the first fault of the run. */
export interface KeptFault {
  sentMicros: number;
  settledMicros: number;
  device: number;
  /** 0 for a stage it did not have, whose time is part of the next. */
  stageMicros(stage: Stage): number;
}

/**
 * The faults of a run, until it is known how long it was and so which of them count. Memory is bounded: of more than 2 M faults every
 * second, fourth, ... is kept, and each then stands for as many.
 */
export class FaultBuffer {
  /** How many faults each kept one stands for. */
  weight = 1;
  private values = new Float64Array(WIDTH * 1024);
  private kept = 0;
  private seen = 0;

  constructor(private readonly capacity = CAPACITY) {}

  add(
    sentMicros: number,
    settledMicros: number,
    device: number,
    stages: Readonly<Record<Stage, number | null>>,
  ): void {
    this.seen += 1;
    if ((this.seen - 1) % this.weight !== 0) return;
    if (this.kept === this.capacity) this.thin();
    if ((this.seen - 1) % this.weight !== 0) return;
    const at = this.kept * WIDTH;
    if (at + WIDTH > this.values.length) this.grow();
    const { values } = this;
    values[at] = sentMicros;
    values[at + 1] = settledMicros;
    values[at + 2] = device;
    STAGES.forEach((stage, place) => (values[at + 3 + place] = stages[stage] ?? 0));
    this.kept += 1;
  }

  *[Symbol.iterator](): Generator<KeptFault> {
    for (let fault = 0; fault < this.kept; fault += 1) {
      const at = fault * WIDTH;
      const value = (place: number): number => this.values[at + place] ?? 0;
      yield {
        sentMicros: value(0),
        settledMicros: value(1),
        device: value(2),
        stageMicros: (stage) => value(3 + STAGES.indexOf(stage)),
      };
    }
  }

  private grow(): void {
    const grown = new Float64Array(Math.min(this.values.length * 2, this.capacity * WIDTH));
    grown.set(this.values);
    this.values = grown;
  }

  private thin(): void {
    let to = 0;
    for (let fault = 0; fault < this.kept; fault += 2) {
      this.values.copyWithin(to * WIDTH, fault * WIDTH, (fault + 1) * WIDTH);
      to += 1;
    }
    this.kept = to;
    this.weight *= 2;
  }
}
