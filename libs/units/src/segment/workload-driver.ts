import type { ResolvedWorkload } from '@faultline/contracts';
import {
  type Access,
  type AccessHistory,
  type AccessPacer,
  type AccessRange,
  createPacer,
} from '@faultline/domain';
import type { ClockPort } from '@faultline/hosting';
import type { AccessFeed } from './feed';

interface DriverOptions {
  device: number;
  workload: ResolvedWorkload;
  /** Number of its first access; each workload of a device has numbers of its own, whatever the timing. */
  firstAccess: number;
  /** Accesses that were over before this owner of the devices began. */
  history?: Pick<AccessHistory, 'isOver' | 'end'>;
  feed: AccessFeed;
  seed: number;
  clock: ClockPort;
  timeScale: number;
  /** Something may be issued in the next turn. */
  wake(): void;
}

/**
 * Issues one workload's accesses. Closed loop: a fixed number is in flight. Open loop: each access has an intended start that
 * does not move when the system stalls, so that time spent waiting to be issued counts.
 */
export class WorkloadDriver {
  private inFlight = 0;
  /** Accesses that were issued, here or by an owner before. */
  private issued = 0;
  /** Place of the next access. */
  private place = 0;
  private withdrawn = 0;
  /** Accesses that were over before this owner began, and that it has not passed. */
  private overBefore = 0;
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
    return this.isClosed ? this.issued + this.withdrawn + this.overBefore : this.options.workload.accesses;
  }

  /** Nothing more will be issued, and everything issued has ended. */
  get finished(): boolean {
    return (
      this.inFlight === 0 &&
      (this.isClosed || this.place >= this.options.workload.accesses || this.options.feed.done)
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
    this.options.wake();
  }

  halt(): void {
    if (!this.isClosed) this.overBefore = this.countOver();
    this.isClosed = true;
    this.timer?.();
    this.options.feed.close();
  }

  /** Halts the workload for good and gives up what it has not issued: its PASID was stopped, or its device is gone. */
  withdraw(): AccessRange[] {
    const { firstAccess, workload } = this.options;
    const ranges = this.isClosed ? [] : this.open(firstAccess + this.place, firstAccess + workload.accesses);
    this.withdrawn += ranges.reduce((sum, { count }) => sum + count, 0);
    this.halt();
    return ranges;
  }

  private countOver(): number {
    const { history, device, firstAccess, workload } = this.options;
    const end = Math.min(history?.end(device) ?? 0, firstAccess + workload.accesses);
    let over = 0;
    for (let access = firstAccess + this.place; access < end; access += 1)
      if (history?.isOver(device, access)) over += 1;
    return over;
  }

  /** What is not over of the accesses from `first` to before `end`. */
  private open(first: number, end: number): AccessRange[] {
    const { history, device } = this.options;
    const ranges: AccessRange[] = [];
    const known = Math.min(end, history?.end(device) ?? 0);
    let from = first;
    for (let access = first; access < known; access += 1) {
      if (!history?.isOver(device, access)) continue;
      if (access > from) ranges.push({ first: from, count: access - from });
      from = access + 1;
    }
    if (end > from) ranges.push({ first: from, count: end - from });
    return ranges;
  }

  /** Whether the number is one of this workload's. */
  owns(access: number): boolean {
    const { firstAccess, workload } = this.options;
    return access >= firstAccess && access < firstAccess + workload.accesses;
  }

  /** An access of this workload ended. Its place is free when the device has done with the page what it wanted it for. */
  ended(): void {
    const { workload, clock, timeScale } = this.options;
    const { accessMicros = 0 } = workload;
    if (accessMicros === 0) return this.makeRoom();
    clock.after(accessMicros * timeScale, () => this.makeRoom());
  }

  private makeRoom(): void {
    this.inFlight -= 1;
    this.options.wake();
  }

  /** The next access, if one may be issued now. When there is none, it wakes the segment before there may be one. */
  next(): Access | undefined {
    if (!this.pacer || this.isClosed) return undefined;
    const { workload, feed, clock, device, firstAccess } = this.options;
    this.skipWhatIsOver();
    if (this.place >= workload.accesses || !feed.ready) return undefined;
    const now = clock.nowMicros();
    const intendedAtMicros = this.pacer.take(now, this.inFlight);
    if (intendedAtMicros === undefined) {
      this.wakeWhenDue(now);
      return undefined;
    }
    const draw = feed.take();
    const access = firstAccess + this.place;
    this.place += 1;
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

  /** An owner before has seen them end. What they touched is drawn all the same, so that the others touch what they always would. */
  private skipWhatIsOver(): void {
    const { history, feed, device, firstAccess, workload } = this.options;
    if (!history) return;
    const end = Math.min(history.end(device), firstAccess + workload.accesses);
    while (firstAccess + this.place < end && feed.ready && history.isOver(device, firstAccess + this.place)) {
      feed.take();
      this.place += 1;
      this.issued += 1;
    }
  }

  private wakeWhenDue(now: number): void {
    const due = this.pacer?.nextDueMicros(this.inFlight);
    // What makes room for an access wakes the segment anyway.
    if (this.timer || due === undefined || due <= now) return;
    this.timer = this.options.clock.after(due - now, () => {
      this.timer = undefined;
      this.options.wake();
    });
  }
}
