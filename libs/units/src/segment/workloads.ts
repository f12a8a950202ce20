import type { ResolvedDevice } from '@faultline/contracts';
import {
  type AccessHistory,
  isDeviceRemoved,
  isWorkOver,
  type SegmentCommand,
  type SegmentState,
  SeededRandom,
  workEnds,
} from '@faultline/domain';
import type { ClockPort } from '@faultline/hosting';
import { openFeed, type TraceOpener } from './access-feed';
import { WorkloadDriver } from './workload-driver';

/** Accesses issued in one turn, so that a workload that only hits does not keep the event loop to itself. */
const ISSUES_PER_TURN = 1_024;

interface WorkloadsOptions {
  clock: ClockPort;
  timeScale: number;
  /** Seed of the run. */
  seed: number;
  openTrace: TraceOpener;
  /** Some workload may issue something in the next turn. */
  wake(): void;
  onFailure(error: Error): void;
}

/** The workloads of a segment's devices: which of them may issue something, and what became of what they issued. */
export class Workloads {
  private readonly all: WorkloadDriver[] = [];
  private readonly ofDevice = new Map<number, WorkloadDriver[]>();
  /** Those that may have something to issue; the others say when they do. Most of a large segment are not here at most turns. */
  private readonly ready = new Set<WorkloadDriver>();
  /** Ends of work, as the state counts them, for which the workloads have been looked at. */
  private workEnds = -1;

  constructor(private readonly options: WorkloadsOptions) {}

  /** A device's workloads. `history`: what was over before this owner, if there was one. */
  add(device: ResolvedDevice, history: AccessHistory | undefined): void {
    const { clock, timeScale, openTrace, onFailure } = this.options;
    let nextAccess = 0;
    const drivers = device.workloads.map((workload, place) => {
      const firstAccess = nextAccess;
      nextAccess += workload.accesses;
      const seed = new SeededRandom(this.options.seed).fork(`${device.name}/${place}`).seed;
      const wake = (): void => {
        this.ready.add(driver);
        this.options.wake();
      };
      const driver: WorkloadDriver = new WorkloadDriver({
        device: device.device,
        workload,
        firstAccess,
        history,
        feed: openFeed(workload, seed, openTrace, wake, onFailure),
        seed,
        clock,
        timeScale,
        wake,
      });
      return driver;
    });
    this.ofDevice.set(device.device, drivers);
    this.all.push(...drivers);
  }

  has(device: number): boolean {
    return this.ofDevice.has(device);
  }

  /** Those that are meant, by address space. */
  of(isMeant: (mm: number) => boolean): WorkloadDriver[] {
    return this.all.filter(({ mm }) => isMeant(mm));
  }

  /** These begin, unless they have begun before. */
  begin(drivers: readonly WorkloadDriver[]): void {
    // A process begins, and the work of its device or PASID may be over already.
    this.workEnds = -1;
    for (const driver of drivers) if (!driver.begun) driver.begin();
  }

  halt(): void {
    for (const driver of this.all) driver.halt();
  }

  /** Workloads of a stopped PASID or a vanished device give up what they have not issued. */
  withdraw(state: SegmentState, apply: (command: SegmentCommand) => void): void {
    if (this.workEnds === workEnds(state)) return;
    this.workEnds = workEnds(state);
    for (const driver of this.all) {
      const { device, pasid } = driver;
      if (driver.closed || !isWorkOver(state, device, pasid)) continue;
      // A process that has not started does not mind that its PASID is stopped for the one before it.
      if (!driver.begun && !isDeviceRemoved(state, device)) continue;
      apply({ kind: 'WithdrawAccesses', device, ranges: driver.withdraw() });
    }
  }

  /** They issue what they may in this turn. */
  issue(apply: (command: SegmentCommand) => void): void {
    let budget = ISSUES_PER_TURN;
    for (const driver of this.ready) {
      while (budget > 0) {
        const access = driver.next();
        if (!access) {
          this.ready.delete(driver);
          break;
        }
        budget -= 1;
        apply({ kind: 'IssueAccess', access });
      }
      if (budget === 0) return this.options.wake();
    }
  }

  /** An access ended: in a closed loop there is room for another one in the next turn. */
  ended(device: number, access: number): void {
    this.ofDevice
      .get(device)
      ?.find((driver) => driver.owns(access))
      ?.ended();
  }

  /** Accesses that they issue or withdraw, all told. */
  get total(): number {
    return this.all.reduce((sum, driver) => sum + driver.total, 0);
  }

  /** Nothing more will be issued by those that have begun, and everything issued has ended. */
  get finished(): boolean {
    return this.all.every((driver) => !driver.begun || driver.finished);
  }
}
