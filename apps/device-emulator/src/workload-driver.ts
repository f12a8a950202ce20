import type { ResolvedWorkload } from '@faultline/contracts';
import { type Access, type AccessPacer, type AccessRange, createPacer } from '@faultline/domain';
import type { ClockPort } from '@faultline/hosting';
import type { AccessFeed } from './feed';

interface DriverOptions {
  device: number;
  workload: ResolvedWorkload;
  /** Number of its first access; each workload of a device has numbers of its own, whatever the timing. */
  firstAccess: number;
  feed: AccessFeed;
  seed: number;
  clock: ClockPort;
  timeScale: number;
  /** Something may be issued now. */
  wake(): void;
}

/**
 * Issues one workload's accesses. Closed loop: a fixed number is in flight. Open loop: each access has an intended start that
 * does not move when the system stalls, so that time spent waiting to be issued counts.
 */
export class WorkloadDriver {
  private inFlight = 0;
  private issued = 0;
  private withdrawn = 0;
  private isClosed = false;
  private pacer: AccessPacer | undefined;
  private timer: (() => void) | undefined;

  constructor(private readonly options: DriverOptions) {}

  get device(): number {
    return this.options.device;
  }

  get pasid(): number {
    return this.options.workload.pasid;
  }

  /** The address space whose process it is part of. */
  get mm(): number {
    return this.options.workload.mm;
  }

  /** Whether it has begun. */
  get begun(): boolean {
    return this.pacer !== undefined;
  }

  /** Whether it was halted or withdrawn: it issues nothing more. */
  get closed(): boolean {
    return this.isClosed;
  }

  /** Accesses this workload issues or withdraws, all told; those so far once it was halted. */
  get total(): number {
    return this.isClosed ? this.issued + this.withdrawn : this.options.workload.accesses;
  }

  /** Nothing more will be issued, and everything issued has ended. */
  get finished(): boolean {
    return (
      this.inFlight === 0 &&
      (this.isClosed || this.issued >= this.options.workload.accesses || this.options.feed.done)
    );
  }

  begin(): void {
    const { workload, clock, timeScale, seed } = this.options;
    const { outstanding, ratePerSecond } = workload;
    const arrivals = workload.arrivals === 'poisson' ? 'exponential' : 'constant';
    // The rate is one of model time; the pacer counts wall time.
    const pacing =
      ratePerSecond > 0
        ? ({ kind: 'open', ratePerSecond: ratePerSecond / timeScale, arrivals, outstanding } as const)
        : ({ kind: 'closed', outstanding } as const);
    this.pacer = createPacer(pacing, clock.nowMicros(), seed);
  }

  halt(): void {
    this.isClosed = true;
    this.timer?.();
    this.options.feed.close();
  }

  /** Halts the workload for good and gives up what it has not issued: its PASID was stopped, or its device is gone. */
  withdraw(): AccessRange {
    const { firstAccess, workload } = this.options;
    if (!this.isClosed) this.withdrawn = workload.accesses - this.issued;
    this.halt();
    return { first: firstAccess + this.issued, count: this.withdrawn };
  }

  /** Whether the number is one of this workload's. */
  owns(access: number): boolean {
    const { firstAccess, workload } = this.options;
    return access >= firstAccess && access < firstAccess + workload.accesses;
  }

  /** An access of this workload ended. */
  ended(): void {
    this.inFlight -= 1;
  }

  /** The next access, if one may be issued now. */
  next(): Access | undefined {
    const { workload, feed, clock, device, firstAccess } = this.options;
    if (!this.pacer || this.isClosed || this.issued >= workload.accesses || !feed.ready) return undefined;
    const now = clock.nowMicros();
    const intendedAtMicros = this.pacer.take(now, this.inFlight);
    if (intendedAtMicros === undefined) {
      this.wakeWhenDue(now);
      return undefined;
    }
    const draw = feed.take();
    const access = firstAccess + this.issued;
    this.inFlight += 1;
    this.issued += 1;
    const { pasid } = workload;
    return {
      device,
      access,
      pasid,
      page: draw.page,
      offset: draw.offset,
      permissions: draw.permissions,
      intendedAtMicros,
    };
  }

  private wakeWhenDue(now: number): void {
    const due = this.pacer?.nextDueMicros(this.inFlight);
    // Without a due time only the end of another access makes room, and that wakes the segment anyway.
    if (this.timer || due === undefined || due <= now) return;
    this.timer = this.options.clock.after(due - now, () => {
      this.timer = undefined;
      this.options.wake();
    });
  }
}
