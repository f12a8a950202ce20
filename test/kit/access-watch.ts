import { type AccessOutcome, frameShown, type SegmentEvent, shardOfPasid } from '@faultline/domain';
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
 * each hit in a device's cache it compares the frame with the page tables (I7): a removed entry may serve until its invalidation
 * is complete, and no longer.
 */
export class AccessWatch {
  readonly all = new Map<string, WatchedAccess>();
  readonly complaints: string[] = [];
  private ended = 0;

  constructor(
    private readonly devices: DeviceEmulatorService,
    private readonly mm: MmHandlerService,
  ) {}

  /** Accesses that ended so far. */
  get count(): number {
    return this.ended;
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
      if (event.frame >= 0) this.compareFrame(event.pasid, event.page, event.frame);
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

  private compareFrame(pasid: number, page: number, frame: number): void {
    const units = this.mm['units'];
    const durable = units[shardOfPasid(pasid, units.length)]?.['host'].state.durable;
    const space = durable?.spaces.get(durable.pasids.get(pasid)?.mm ?? -1);
    const shown = space && frameShown(space, page);
    if (shown === frame || space?.removing.get(page) === frame) return;
    this.complaints.push(
      `PASID ${pasid} page ${page} is served from frame ${frame}, but shows ${String(shown)}`,
    );
  }
}
