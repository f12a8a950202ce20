import type { DeviceProgress, IommuProgress } from '@faultline/contracts';
import { formatCount, formatRate, formatShare } from '@faultline/stats';

/** How a run stands at one moment. */
export interface Progress {
  atMillis: number;
  devices: DeviceProgress;
  iommus: IommuProgress;
}

/** Rates are taken over this much time, so that they neither jump nor lag. */
const RATE_MILLIS = 2_000;

/** Turns the state of a run, asked for now and then, into a line for the user. */
export class ProgressMeter {
  private readonly recent: Progress[] = [];
  private begun: number | undefined;

  add(progress: Progress): void {
    this.begun ??= progress.atMillis;
    this.recent.push(progress);
    while (this.recent.length > 2 && progress.atMillis - (this.recent[1]?.atMillis ?? 0) >= RATE_MILLIS)
      this.recent.shift();
  }

  /** Faults that were resolved a second, lately. */
  get faultsPerSecond(): number {
    const first = this.recent[0];
    const last = this.recent.at(-1);
    if (!first || !last || last.atMillis <= first.atMillis) return 0;
    // A new owner counts what the log shows, which may be a little less than the one before had seen.
    const faults = Math.max(0, last.devices.faulted - first.devices.faulted);
    return (1000 * faults) / (last.atMillis - first.atMillis);
  }

  line(): string {
    const last = this.recent.at(-1);
    if (!last) return 'starting';
    const { devices, iommus } = last;
    const pending = iommus.pendingGroups + iommus.openStalls;
    return [
      `accesses ${formatCount(devices.ended)}/${formatCount(devices.total)} (${formatShare(devices.ended + devices.withdrawn, devices.total)})`,
      ...(devices.withdrawn > 0 ? [`withdrawn ${formatCount(devices.withdrawn)}`] : []),
      `faults ${formatCount(devices.faulted)}`,
      formatRate(this.faultsPerSecond),
      `pending ${formatCount(pending)}`,
      `overflows ${formatCount(iommus.overflows)}`,
      `${((last.atMillis - (this.begun ?? last.atMillis)) / 1000).toFixed(1)} s`,
    ].join(' | ');
  }
}
