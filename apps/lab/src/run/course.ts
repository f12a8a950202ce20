import type { DeviceProgress, IommuProgress } from '@faultline/contracts';
import { RunFailed } from '../errors';
import { type ControlPlane, Unanswered } from './control-plane';
import type { Lifeline } from './lifeline';
import type { Progress } from './progress';
import type { Timeline } from '@faultline/units';

const POLL_MILLIS = 250;
/** While steps of the timeline wait for the devices to come so far. */
const TIMELINE_POLL_MILLIS = 25;

export interface CourseOptions {
  control: ControlPlane;
  lifeline: Lifeline;
  timeline: Pick<Timeline, 'advance' | 'isBusy' | 'isDone' | 'awaitsTime'>;
  /** Called at every look. */
  onProgress(progress: Progress): void;
  /** Whether the user wants an early end. */
  stopRequested(): boolean;
  /** Accesses are under way and nothing has moved for so long: something hangs. */
  stuckMillis: number;
  /** An open loop may have nothing under way for long, and go on. */
  mayIdle: boolean;
  /** Services or a server that do not answer for a while are somebody else's business: a look they miss shows what the one before did. */
  mayMiss?: boolean;
}

const NOTHING_YET: Progress = {
  atMillis: 0,
  devices: { total: 0, issued: 0, ended: 0, withdrawn: 0, requests: 0, faulted: 0, finished: false },
  iommus: { pendingGroups: 0, ringRecords: 0, openStalls: 0, overflows: 0, drained: false },
};

/** How the devices' work ended. */
export type CourseEnd = 'finished' | 'stopped';

/** Follows a run from the start of its devices until everything has drained, or until the user stops it. */
export class Course {
  private movedAt = performance.now();
  private trace = '';
  private requestsThen = 0;
  private seen: Progress = NOTHING_YET;

  constructor(private readonly options: CourseOptions) {}

  /** Rejects with {@link RunFailed} when nothing moves any more, or with the failure of the run. */
  async follow(): Promise<CourseEnd> {
    const { timeline, lifeline, stopRequested } = this.options;
    for (;;) {
      if (stopRequested()) return 'stopped';
      // A step that ends while somebody looks may have started what the look does not show yet.
      const { isDone, isBusy } = timeline;
      const look = await this.look();
      const isOver = await this.isOver(look);
      if (isOver && isDone) return 'finished';
      if (!isBusy) timeline.advance({ ended: look.devices.ended, isOver });
      this.refuseStandstill(look.devices, look.iommus, isOver);
      await lifeline.pause(timeline.isDone ? POLL_MILLIS : TIMELINE_POLL_MILLIS);
    }
  }

  private async isOver({ devices, iommus }: Progress): Promise<boolean> {
    return devices.finished && iommus.drained && (await this.mmDrained());
  }

  /** Tells the devices to issue nothing more, and waits so long for what is under way. Returns whether it came to its end. */
  async stop(deadlineMillis: number): Promise<boolean> {
    const { control, lifeline } = this.options;
    await lifeline.race(control.ask('device-emulator.stop', {}));
    const deadline = performance.now() + deadlineMillis;
    while (performance.now() < deadline) {
      const { devices, iommus } = await this.look();
      const settled = devices.ended >= devices.issued && !this.options.timeline.isBusy;
      if (settled && iommus.drained && (await this.mmDrained())) return true;
      await lifeline.pause(POLL_MILLIS);
    }
    return false;
  }

  private async look(): Promise<Progress> {
    const { control, lifeline, onProgress, mayMiss } = this.options;
    const looks = Promise.all([control.look('device-emulator.progress'), control.look('iommu.progress')]);
    try {
      const [devices, iommus] = await lifeline.race(looks);
      this.seen = { atMillis: performance.now(), devices, iommus };
      onProgress(this.seen);
    } catch (error) {
      if (!mayMiss || !(error instanceof Unanswered)) throw error;
    }
    return this.seen;
  }

  private async mmDrained(): Promise<boolean> {
    const { control, lifeline, mayMiss } = this.options;
    try {
      return (await lifeline.race(control.look('mm-handler.progress'))).drained;
    } catch (error) {
      if (!mayMiss || !(error instanceof Unanswered)) throw error;
      return false;
    }
  }

  /**
   * Requests that go round in circles are no progress: only an access that starts or ends is. A step of the timeline takes the time
   * it takes, for it has deadlines of its own; so does one that waits for its hour when all others are done.
   */
  private refuseStandstill(devices: DeviceProgress, iommus: IommuProgress, isOver: boolean): void {
    const { timeline, mayIdle } = this.options;
    const trace = `${devices.issued} ${devices.ended} ${devices.withdrawn}`;
    const idle = mayIdle && devices.issued === devices.ended && !devices.finished;
    if (trace !== this.trace || idle || timeline.isBusy || (isOver && timeline.awaitsTime)) {
      this.trace = trace;
      this.movedAt = performance.now();
      this.requestsThen = devices.requests;
    }
    const still = performance.now() - this.movedAt;
    if (still < this.options.stuckMillis) return;
    const open = `${devices.issued - devices.ended} accesses, ${iommus.pendingGroups} groups, ${iommus.openStalls} stalls, ${iommus.ringRecords} ring records`;
    const since = `no access has ended for ${Math.round(still / 1000)} s, and ${devices.requests - this.requestsThen} page requests were sent meanwhile`;
    throw new RunFailed(
      `${since}; still open: ${open}; 'faultline faults' and the services' logs may say why`,
    );
  }
}
