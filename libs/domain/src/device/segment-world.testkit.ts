import { Permission } from '../kernel/vocabulary';
import { EVERY_DEVICE } from './atc';
import { deviceCounters, isSegmentIdle } from './counters';
import { Driven, priDevice } from './device.testkit';
import { PasidStillStopping } from './errors';
import type { SegmentEvent } from './events';

const CREDITS = [3, 40];
const STALLING = 2;
export const PASIDS = [5, 6];
export const PAGES = 2;

/**
 * The world around a segment, kept independently of it: page tables, the IOMMU's answers on their way, the groups outstanding.
 * Every step of a random schedule is one message; `drain` then answers everything, as a healthy host does in the end.
 */
export class SegmentWorld {
  readonly segment: Driven;
  readonly ends = new Map<string, number>();
  private epoch = 0;
  private issued = 0;
  private lastRequest = 0;
  private readonly mapped = new Map<string, number>();
  private frames = 0;
  private readonly translations = new Map<
    number,
    { pasid: number; page: number; answer: number | undefined }
  >();
  private readonly groups = new Map<
    string,
    { device: number; groupId: number; pasid: number; members: number; closed: boolean }
  >();
  /** Devices by the number of each stalled access of theirs. */
  private readonly stalls = new Map<number, number>();
  /** Accesses under way by their key, with their PASID. */
  private readonly live = new Map<string, { device: number; pasid: number }>();
  /** What the devices were told to do, and whether they have done it: stops by device and PASID. */
  readonly stops = new Map<string, 'stopping' | 'stopped'>();
  readonly hung = new Set<number>();
  readonly removed = new Set<number>();
  readonly events: SegmentEvent[] = [];
  /** Timers of dropped accesses that have not fired, by the number of the drop. */
  private readonly timers = new Map<number, { device: number; access: number }>();

  /** @param drops whether the first device cannot hold what faults (the second always can) */
  constructor(drops = false) {
    const retransmission = drops ? { firstMicros: 10, mostMicros: 40 } : undefined;
    this.segment = new Driven({
      segment: 0,
      devices: [
        priDevice({ device: 0, credits: 3, atcEntries: 3, pagesPerGroup: 2, retransmission }),
        priDevice({ device: 1, credits: 40, atcEntries: 0, pagesPerGroup: 3, responsePasidRequired: true }),
        priDevice({ device: STALLING, model: 'stall' }),
      ],
    });
  }

  issue(device: number, pasid: number, page: number, write: boolean): void {
    const number = this.issued++;
    this.ends.set(`${device}/${number}`, 0);
    const permissions = write ? Permission.WRITE : Permission.READ;
    this.run({
      kind: 'IssueAccess',
      access: { device, access: number, pasid, page, offset: 0, permissions, intendedAtMicros: 0 },
    });
  }

  /** The IOMMU looks a translation up; its answer is on the way and can be overtaken. */
  lookUp(at: number): void {
    const found = [...this.translations.values()][at % Math.max(1, this.translations.size)];
    if (found !== undefined) found.answer = this.mapped.get(`${found.pasid}/${found.page}`) ?? 0;
  }

  complete(at: number, status: 'success' | 'unsupported-request' = 'success'): void {
    const found = [...this.translations][at % Math.max(1, this.translations.size)];
    if (found === undefined) return;
    const [translation, { pasid, page, answer }] = found;
    const frame = answer ?? this.mapped.get(`${pasid}/${page}`) ?? 0;
    this.translations.delete(translation);
    this.run({ kind: 'CompleteTranslation', translation, status, permissions: frame === 0 ? 0 : 3, frame });
  }

  /** Software maps the page; nothing is invalidated, because nothing was there (R125). */
  map(pasid: number, page: number): void {
    if (!this.mapped.has(`${pasid}/${page}`)) this.mapped.set(`${pasid}/${page}`, ++this.frames);
  }

  invalidate(pasid: number, page: number, pages: number): void {
    for (let at = 0; at < PAGES; at++) {
      if (pages === 0 || (at >= page && at < page + pages)) this.mapped.delete(`${pasid}/${at}`);
    }
    this.run({ kind: 'InvalidateAtc', device: EVERY_DEVICE, pasid, page, pages });
  }

  respond(at: number, code: 0 | 1 | 2): void {
    const found = [...this.groups][at % Math.max(1, this.groups.size)];
    if (found === undefined) return;
    const { device, groupId, pasid } = found[1];
    // A device that hangs loses the response, so that to itself the group stays outstanding.
    if (this.hung.has(device)) return this.run({ kind: 'ReceiveResponse', device, groupId, pasid, code });
    this.groups.delete(found[0]);
    this.run({ kind: 'ReceiveResponse', device, groupId, pasid, code });
    if (code === 2)
      for (const [key, group] of this.groups) if (group.device === device) this.groups.delete(key);
  }

  endStall(at: number, outcome: 'translated' | 'completed' | 'aborted'): void {
    const request = [...this.stalls.keys()][at % Math.max(1, this.stalls.size)];
    if (request === undefined) return;
    if (!this.hung.has(STALLING)) this.stalls.delete(request);
    this.run({ kind: 'EndStalledAccess', device: STALLING, request, outcome, code: 0, rounds: 1 });
  }

  /** A timer fires, also one of an access that is over or was reset. */
  fireTimer(at: number): void {
    const found = [...this.timers][at % Math.max(1, this.timers.size)];
    if (found === undefined) return;
    this.timers.delete(found[0]);
    this.run({ kind: 'RetransmitAccess', drop: found[0], ...found[1] });
  }

  takeTurn(): void {
    this.run({ kind: 'TakeTurn' });
  }

  beginEpoch(): void {
    this.epoch += 1;
    this.lastRequest = 0;
    // Completions of the old epoch still arrive: the segment must not take them for new ones.
    this.run({ kind: 'BeginEpoch', epoch: this.epoch });
  }

  stop(device: number, pasid: number): void {
    this.run({ kind: 'StopPasid', device, pasid });
  }

  /** The PASID goes to another process, which the host only does when it has stopped. */
  start(device: number, pasid: number): void {
    if (this.stops.get(`${device}/${pasid}`) === 'stopping')
      expect(() => this.segment.do({ kind: 'StartPasid', device, pasid })).toThrow(PasidStillStopping);
    else this.run({ kind: 'StartPasid', device, pasid });
  }

  hang(device: number): void {
    this.run({ kind: 'HangDevice', device });
  }

  remove(device: number): void {
    this.run({ kind: 'RemoveDevice', device });
  }

  /** The IOMMU fences the device, which closes everything it has of it, and the device is reset. */
  reset(device: number): void {
    this.run({ kind: 'ResetDevice', device, epoch: this.epoch });
  }

  drain(): void {
    for (const device of this.hung) this.reset(device);
    for (let left = 10_000; left > 0 && !isSegmentIdle(this.segment.state); left--) {
      for (const { pasid, page } of this.translations.values()) this.map(pasid, page);
      while (this.translations.size > 0) this.complete(0);
      this.takeTurn();
      while (this.groups.size > 0) this.respond(0, 0);
      while (this.stalls.size > 0) this.endStall(0, 'completed');
      // Those that run now: one that finds its request unanswered begins anew.
      for (let due = this.timers.size; due > 0; due--) this.fireTimer(0);
    }
  }

  private run(command: Parameters<Driven['do']>[0]): void {
    for (const event of this.segment.do(command)) {
      this.events.push(event);
      this.see(event);
    }
    for (const [key, stop] of this.stops) {
      const [device, pasid] = key.split('/').map(Number);
      // R94: a PASID has stopped when nothing of it is under way, and not before; a turn says so at the latest.
      const underWay = [...this.live.values()].filter((one) => one.device === device && one.pasid === pasid);
      if (stop === 'stopped') expect(underWay).toEqual([]);
      else if (command.kind === 'TakeTurn' && !this.hung.has(Number(device)))
        expect(underWay.length).toBeGreaterThan(0);
    }
    for (const [device, credits] of CREDITS.entries()) {
      const counters = deviceCounters(this.segment.state, device);
      if (counters.outstanding > credits) expect(counters.outstanding).toBeLessThanOrEqual(credits);
      const mine = [...this.groups.values()].filter((group) => group.device === device);
      if (command.kind !== 'ReceiveResponse') expectSame(counters.outstandingGroups, mine.length);
    }
  }

  private see(event: SegmentEvent): void {
    switch (event.kind) {
      case 'AccessStarted':
        expect([this.stops.get(`${event.device}/${event.pasid}`), this.removed.has(event.device)]).toEqual([
          undefined,
          false,
        ]);
        this.live.set(`${event.device}/${event.access}`, event);
        return;
      case 'TranslationRequested':
        this.expectAlive(event.device);
        this.translations.set(event.translation, { pasid: event.pasid, page: event.page, answer: undefined });
        return;
      case 'PageRequestSent':
        return this.seeRequest(event);
      case 'AccessDropped':
        this.expectAlive(event.device);
        expect([event.device, this.live.has(`${event.device}/${event.access}`)]).toEqual([0, true]);
        this.timers.set(event.drop, { device: event.device, access: event.access });
        return;
      case 'StalledAccessSent':
        this.expectAlive(event.device);
        expectSame(event.request, ++this.lastRequest);
        this.stalls.set(event.request, event.device);
        return;
      case 'AccessHit':
        this.seeEnd(event);
        // I7: whatever was used is what the page tables say now, since every change of them came with an invalidation.
        if (event.frame !== -1) expect(event.frame).toBe(this.mapped.get(`${event.pasid}/${event.page}`));
        return;
      case 'AccessEnded':
        return this.seeEnd(event);
      default:
        return this.seeLifecycle(event);
    }
  }

  private seeLifecycle(event: SegmentEvent): void {
    switch (event.kind) {
      case 'AccessesWithdrawn':
        for (const { first, count } of event.ranges)
          for (let access = first; access < first + count; access += 1)
            this.seeEnd({ device: event.device, access });
        return;
      case 'PasidStopping':
        this.stops.set(`${event.device}/${event.pasid}`, 'stopping');
        return;
      case 'StopMarkerSent':
        this.expectAlive(event.device);
        expect(this.stops.get(`${event.device}/${event.pasid}`)).toBe('stopping');
        expectSame(event.request, ++this.lastRequest);
        return;
      case 'PasidStopped':
        expect(this.stops.get(`${event.device}/${event.pasid}`)).toBe('stopping');
        this.stops.set(`${event.device}/${event.pasid}`, 'stopped');
        return;
      case 'PasidStarted':
        this.stops.delete(`${event.device}/${event.pasid}`);
        return;
      case 'DeviceHung':
        this.hung.add(event.device);
        return;
      case 'DeviceRemoved':
        this.removed.add(event.device);
        this.hung.delete(event.device);
        return this.forget(event.device);
      case 'DeviceReset':
        // R142: the reset is told in the sequence of the requests, so that older ones are known by their number.
        if (event.request > 0) expectSame(event.request, ++this.lastRequest);
        this.hung.delete(event.device);
        return this.forget(event.device);
      default:
        return;
    }
  }

  private forget(device: number): void {
    for (const [key, group] of this.groups) if (group.device === device) this.groups.delete(key);
    for (const [request, of] of this.stalls) if (of === device) this.stalls.delete(request);
  }

  private expectAlive(device: number): void {
    expectSame(this.hung.has(device) || this.removed.has(device), false);
  }

  private seeRequest(event: Extract<SegmentEvent, { kind: 'PageRequestSent' }>): void {
    this.expectAlive(event.device);
    // R23: the stop marker was the last of its PASID.
    expect(this.stops.get(`${event.device}/${event.pasid}`)).not.toBe('stopped');
    expectSame(event.request, ++this.lastRequest);
    const key = `${event.device}/${event.groupId}`;
    const group = this.groups.get(key) ?? { ...event, members: 0, closed: false };
    // R11: an index whose group is closed and unanswered must not be used.
    expect(group.closed).toBe(false);
    expect(group.pasid).toBe(event.pasid);
    group.members += 1;
    group.closed = event.last;
    expect(group.members).toBeLessThanOrEqual(event.device + 2);
    this.groups.set(key, group);
  }

  private seeEnd(event: { device: number; access: number }): void {
    const key = `${event.device}/${event.access}`;
    this.live.delete(key);
    this.ends.set(key, (this.ends.get(key) ?? 0) + 1);
  }
}

/** Nearly every step asks this several times, and building an expectation is what costs. */
function expectSame<T>(found: T, expected: T): void {
  if (!Object.is(found, expected)) expect(found).toBe(expected);
}
