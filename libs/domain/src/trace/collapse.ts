import type { Permissions } from '../kernel/vocabulary';
import type { TraceAccess } from './access';

/** Accesses of one device to one page, with no other page of that device between them. */
export interface TraceRun {
  device: number;
  pasid: number;
  page: number;
  /** Byte of the first access. */
  offset: number;
  /** Union over the accesses. */
  permissions: Permissions;
  /** Accesses in the run. */
  count: number;
  /** Time of the first access, -1 without one. */
  atMicros: number;
}

/**
 * Makes a trace page-granular: faults are of pages, so a device's consecutive accesses to one page count as one, with the union
 * of their permissions. An access that crosses the end of its page counts for each page it touches.
 *
 * Each device's runs come in order. Runs of different devices come in the order in which they end.
 */
export class TraceCollapser {
  private readonly open = new Map<number, TraceRun>();
  /** The run of the last access; most lines are of the same device as the line before. */
  private recent: TraceRun | undefined;

  /** Adds an access; runs that it ends are appended to `out`. */
  push(access: TraceAccess, out: TraceRun[]): void {
    this.pushPage(access, access.page, access.offset, out);
    for (let more = 1; more < access.pages; more++) this.pushPage(access, access.page + more, 0, out);
  }

  /** The trace is over: appends the runs that are still open. */
  finish(out: TraceRun[]): void {
    for (const run of this.open.values()) out.push(run);
    this.open.clear();
    this.recent = undefined;
  }

  private pushPage(access: TraceAccess, page: number, offset: number, out: TraceRun[]): void {
    const { device, pasid, permissions, atMicros } = access;
    const run = this.recent?.device === device ? this.recent : this.open.get(device);
    if (run !== undefined && run.page === page && run.pasid === pasid) {
      run.permissions |= permissions;
      run.count += 1;
      this.recent = run;
      return;
    }
    if (run !== undefined) out.push(run);
    this.recent = { device, pasid, page, offset, permissions, count: 1, atMicros };
    this.open.set(device, this.recent);
  }
}
