import type { DeviceProgress, IommuProgress, MmProgress } from '@faultline/contracts';
import { RunFailed } from '../errors';
import type { ControlPlane } from './control-plane';
import type { Lifeline } from './lifeline';
import type { Progress } from './progress';

const POLL_MILLIS = 250;

export interface CourseOptions {
  control: ControlPlane;
  lifeline: Lifeline;
  /** Called at every look. */
  onProgress(progress: Progress): void;
  /** Whether the user wants an early end. */
  stopRequested(): boolean;
  /** Accesses are under way and nothing has moved for so long: something hangs. */
  stuckMillis: number;
  /** An open loop may have nothing under way for long, and go on. */
  mayIdle: boolean;
}

/** How the devices' work ended. */
export type CourseEnd = 'finished' | 'stopped';

/** Follows a run from the start of its devices until everything has drained, or until the user stops it. */
export class Course {
  private movedAt = performance.now();
  private trace = '';
  private requestsThen = 0;

  constructor(private readonly options: CourseOptions) {}

  /** Rejects with {@link RunFailed} when nothing moves any more, or with the failure of the run. */
  async follow(): Promise<CourseEnd> {
    for (;;) {
      if (this.options.stopRequested()) return 'stopped';
      const look = await this.look();
      if (look.devices.finished && look.iommus.drained && (await this.mm()).drained) return 'finished';
      this.refuseStandstill(look.devices, look.iommus);
      await this.options.lifeline.pause(POLL_MILLIS);
    }
  }

  /** Tells the devices to issue nothing more, and waits so long for what is under way. Returns whether it came to its end. */
  async stop(deadlineMillis: number): Promise<boolean> {
    const { control, lifeline } = this.options;
    await lifeline.race(control.ask('device-emulator.stop', {}));
    const deadline = performance.now() + deadlineMillis;
    while (performance.now() < deadline) {
      const { devices, iommus } = await this.look();
      if (devices.ended >= devices.issued && iommus.drained && (await this.mm()).drained) return true;
      await lifeline.pause(POLL_MILLIS);
    }
    return false;
  }

  private async look(): Promise<Progress> {
    const { control, lifeline, onProgress } = this.options;
    const [devices, iommus] = await lifeline.race(
      Promise.all([control.ask('device-emulator.progress', {}), control.ask('iommu.progress', {})]),
    );
    const progress = { atMillis: performance.now(), devices, iommus };
    onProgress(progress);
    return progress;
  }

  private mm(): Promise<MmProgress> {
    return this.options.lifeline.race(this.options.control.ask('mm-handler.progress', {}));
  }

  /** Requests that go round in circles are no progress: only an access that starts or ends is. */
  private refuseStandstill(devices: DeviceProgress, iommus: IommuProgress): void {
    const trace = `${devices.issued} ${devices.ended}`;
    const idle = this.options.mayIdle && devices.issued === devices.ended && !devices.finished;
    if (trace !== this.trace || idle) {
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
