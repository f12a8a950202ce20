import type { ClockPort } from '../ports';

/** Something that is given up when it takes too long. */
export interface Expiring {
  expire(): void;
}

/** When something is given up, unless it is over before. */
export interface Deadline {
  readonly item: Expiring;
  readonly atMicros: number;
  isOver: boolean;
}

/** Below so many, what is over is not worth looking for. */
const SMALL = 64;

/** Deadlines that are all equally far away: one timer serves them, since the oldest that still counts comes first. */
export class Deadlines {
  private waiting: Deadline[] = [];
  private over = 0;
  private cancel: (() => void) | undefined;

  constructor(
    private readonly clock: ClockPort,
    private readonly delayMicros: number,
  ) {}

  begin(item: Expiring): Deadline {
    const deadline = { item, atMicros: this.clock.nowMicros() + this.delayMicros, isOver: false };
    this.waiting.push(deadline);
    if (!this.cancel) this.arm(deadline);
    return deadline;
  }

  /** Most end long before their time: kept until then, they would fill the memory. */
  end(deadline: Deadline): void {
    if (deadline.isOver) return;
    deadline.isOver = true;
    this.over += 1;
    if (this.over < this.waiting.length && (this.over <= SMALL || 2 * this.over <= this.waiting.length))
      return;
    this.forgetOver();
    if (this.waiting.length > 0) return;
    this.cancel?.();
    this.cancel = undefined;
  }

  private forgetOver(): void {
    this.waiting = this.waiting.filter(({ isOver }) => !isOver);
    this.over = 0;
  }

  private arm({ atMicros }: Deadline): void {
    this.cancel = this.clock.after(atMicros - this.clock.nowMicros(), () => {
      this.cancel = undefined;
      this.expire();
    });
  }

  private expire(): void {
    this.forgetOver();
    const now = this.clock.nowMicros();
    const late = this.waiting.filter(({ atMicros }) => atMicros <= now);
    this.waiting = this.waiting.slice(late.length);
    const [oldest] = this.waiting;
    if (oldest) this.arm(oldest);
    for (const deadline of late) {
      if (deadline.isOver) continue;
      deadline.isOver = true;
      deadline.item.expire();
    }
  }
}
