import {
  type AccessOutcome,
  frameShown,
  invalidatingFrame,
  permissionsShown,
  type SegmentEvent,
  shardOfPasid,
} from '@faultline/domain';
import type { DeviceEmulatorService } from '../../apps/device-emulator/src/device-emulator.service';
import type { MmHandlerService } from '../../apps/mm-handler/src/mm-handler.service';

/** One access, from the workload's draw to its end. */
export interface WatchedAccess {
  device: number;
  access: number;
  pasid: number;
  page: number;
  permissions: number;
  /** How it ended, every time it did: exactly one entry is right. */
  ends: AccessOutcome[];
}

/**
 * Looks over the shoulder of the device segments: each access and how it ended, hits included, which the log only counts. At
 * each hit in a device's cache it compares frame and permissions with the page tables (I7): an entry that was removed or restricted
 * may serve until its invalidation is complete, and no longer; and a PASID shows the memory of the process that has it, or, until
 * its teardown or replacement is complete, of the one that had it.
 */
export class AccessWatch {
  readonly all = new Map<string, WatchedAccess>();
  readonly complaints: string[] = [];
  private ended = 0;
  /** By PASID: the address spaces it may show. */
  private readonly visible = new Map<number, Set<number>>();

  constructor(
    private readonly devices: DeviceEmulatorService,
    private readonly mm: MmHandlerService,
  ) {}

  /** Accesses that ended so far. */
  get count(): number {
    return this.ended;
  }

  /** The PASID shows this address space from now on, beside the one it shows. */
  shows(pasid: number, mm: number): void {
    const spaces = this.visible.get(pasid);
    if (spaces) spaces.add(mm);
    else this.visible.set(pasid, new Set([mm]));
  }

  /** What the PASID showed is over; it shows this address space, or none. */
  showsOnly(pasid: number, ...mms: number[]): void {
    this.visible.set(pasid, new Set(mms));
  }

  /** Begins to watch segments that were started. */
  begin(): void {
    for (const unit of this.devices['units']) {
      const send = unit['send'].bind(unit);
      unit['send'] = (events) => {
        for (const event of events) this.see(event);
        send(events);
      };
    }
  }

  /** Outcome of each access, in an order that does not depend on timing. */
  outcomes(): string[] {
    return [...this.all.values()]
      .map(
        ({ device, access, pasid, page, permissions, ends }) =>
          `${device}/${access} ${pasid}:${page} ${permissions} ${ends.join()}`,
      )
      .sort();
  }

  private see(event: SegmentEvent): void {
    if (event.kind === 'AccessStarted') {
      const { device, access, pasid, page, permissions } = event;
      const name = `${device}/${access}`;
      if (this.all.has(name)) this.complaints.push(`access ${name} starts a second time`);
      this.all.set(name, { device, access, pasid, page, permissions, ends: [] });
    } else if (event.kind === 'AccessHit') {
      this.end(event.device, event.access, 'completed');
      if (event.frame >= 0) this.compare(event.device, event.access, event.frame);
    } else if (event.kind === 'AccessEnded') {
      this.end(event.device, event.access, event.outcome);
    }
  }

  private end(device: number, access: number, outcome: AccessOutcome): void {
    this.ended += 1;
    const known = this.all.get(`${device}/${access}`);
    if (known) known.ends.push(outcome);
    else this.complaints.push(`access ${device}/${access} ends, but never started`);
  }

  private compare(device: number, access: number, frame: number): void {
    const known = this.all.get(`${device}/${access}`);
    if (!known) return;
    const { pasid, page, permissions } = known;
    for (const mm of this.visible.get(pasid) ?? [])
      if (this.allows(mm, pasid, page, permissions, frame)) return;
    const spaces = [...(this.visible.get(pasid) ?? [])].join(', ');
    this.complaints.push(
      `device ${device} access ${access}: PASID ${pasid} page ${page} is served from frame ${frame} for ${permissions}, against the tables of mm ${spaces}`,
    );
  }

  /** Whether the address space shows the frame there for such an access, or may still seem to. */
  private allows(mm: number, pasid: number, page: number, permissions: number, frame: number): boolean {
    const units = this.mm['units'];
    const space = units[shardOfPasid(pasid, units.length)]?.['host'].state.durable.spaces.get(mm);
    if (!space) return false;
    if (invalidatingFrame(space, page) === frame) return true;
    return frameShown(space, page) === frame && (permissions & ~permissionsShown(space, page)) === 0;
  }
}
