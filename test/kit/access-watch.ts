import type { ResolvedScenario, StepAction } from '@faultline/contracts';
import {
  type AccessOutcome,
  frameShown,
  invalidatingFrame,
  type MmState,
  permissionsShown,
  type SegmentEvent,
} from '@faultline/domain';
import { type OwnedUnit, SegmentUnit } from '@faultline/units';

/** Address spaces of one shard, by number. */
export type Spaces = MmState['durable']['spaces'];

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
  private readonly last = new Map<string, SegmentUnit>();

  /**
   * @param spacesOf gives the page tables that a PASID belongs to; undefined while nobody knows them
   * @param isOwner whether what the unit says counts; by default it is the one that was made last
   */
  constructor(
    private readonly spacesOf: (pasid: number) => Spaces | undefined,
    private readonly isOwner?: (unit: SegmentUnit) => boolean,
  ) {}

  /** Accesses that ended so far. */
  get count(): number {
    return this.ended;
  }

  /** These processes are there; those that start at the beginning have their PASIDs. */
  meet(processes: ResolvedScenario['processes']): void {
    for (const { mm, pasid, starts } of processes) if (starts === 'begin') this.showsOnly(pasid, mm);
  }

  /** A step of the timeline begins: what it makes visible may be seen from now on. */
  begins(action: StepAction): void {
    if (action.action === 'start') this.showsOnly(action.pasid, action.mm);
    if (action.action === 'replace-domain') this.shows(action.pasid, action.byMm);
  }

  /** The step was done, to its end: what it took away may not be seen any more. */
  done(action: StepAction): void {
    if (action.action === 'unbind') this.showsOnly(action.pasid);
    if (action.action === 'replace-domain') this.showsOnly(action.pasid, action.byMm);
  }

  /** The PASID shows this address space from now on, beside the one it shows. */
  private shows(pasid: number, mm: number): void {
    const spaces = this.visible.get(pasid);
    if (spaces) spaces.add(mm);
    else this.visible.set(pasid, new Set([mm]));
  }

  /** What the PASID showed is over; it shows this address space, or none. */
  private showsOnly(pasid: number, ...mms: number[]): void {
    this.visible.set(pasid, new Set(mms));
  }

  /** Begins to watch a unit that is about to start, if it is a segment. */
  watch(unit: OwnedUnit): void {
    if (!(unit instanceof SegmentUnit)) return;
    this.last.set(unit.name, unit);
    const send = unit['send'].bind(unit);
    let isNew = true;
    unit['send'] = (events) => {
      // What an owner still believes that has a successor is not what became of an access.
      if (this.isOwner ? this.isOwner(unit) : this.last.get(unit.name) === unit) {
        if (isNew) this.forgetOpen(unit);
        isNew = false;
        for (const event of events) this.see(event);
      }
      send(events);
    };
  }

  /**
   * What was not in the log when an owner died did not happen: its successor issues those accesses again (D9). What an owner that was
   * stopped wrote before it was deposed is in the log, and was not seen here.
   */
  private forgetOpen(unit: SegmentUnit): void {
    for (const [name, { device, access, ends }] of this.all) {
      const driver = unit['workloads']['ofDevice'].get(device)?.[0];
      if (!driver) continue;
      if (driver['options'].history?.isOver(device, access) && ends.length > 0) continue;
      this.all.delete(name);
      this.ended -= ends.length;
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
    const spaces = this.spacesOf(pasid);
    // While the shard changes hands nobody knows better.
    if (!spaces) return true;
    const space = spaces.get(mm);
    if (!space) return false;
    if (invalidatingFrame(space, page) === frame) return true;
    return frameShown(space, page) === frame && (permissions & ~permissionsShown(space, page)) === 0;
  }
}
