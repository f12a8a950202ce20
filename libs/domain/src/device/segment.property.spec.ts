import * as fc from 'fast-check';
import { Permission } from '../kernel/vocabulary';
import {
  deviceCounters,
  isSegmentIdle,
  segmentCounters,
  stallsInFlight,
  translationsInFlight,
} from './counters';
import { Driven, grant, priDevice } from './device.testkit';
import type { SegmentEvent } from './events';
import { createSegment } from './segment';

const CREDITS = [3, 40];
const STALLING = 2;
const PASIDS = [5, 6];
const PAGES = 2;

/**
 * The world around a segment, kept independently of it: page tables, the IOMMU's answers on their way, the groups outstanding.
 * Every step of a random schedule is one message; `drain` then answers everything, as a healthy host does in the end.
 */
class World {
  readonly segment = new Driven({
    segment: 0,
    devices: [
      priDevice({ device: 0, credits: 3, atcEntries: 3, pagesPerGroup: 2 }),
      priDevice({ device: 1, credits: 40, atcEntries: 0, pagesPerGroup: 3, responsePasidRequired: true }),
      priDevice({ device: STALLING, model: 'stall' }),
    ],
  });
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
  private readonly stalls = new Set<number>();
  readonly events: SegmentEvent[] = [];

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
    this.run({ kind: 'InvalidateAtc', pasid, page, pages });
  }

  respond(at: number, code: 0 | 1 | 2): void {
    const found = [...this.groups][at % Math.max(1, this.groups.size)];
    if (found === undefined) return;
    this.groups.delete(found[0]);
    const { device, groupId, pasid } = found[1];
    this.run({ kind: 'ReceiveResponse', device, groupId, pasid, code });
    if (code === 2)
      for (const [key, group] of this.groups) if (group.device === device) this.groups.delete(key);
  }

  endStall(at: number, outcome: 'translated' | 'completed' | 'aborted'): void {
    const request = [...this.stalls][at % Math.max(1, this.stalls.size)];
    if (request === undefined) return;
    this.stalls.delete(request);
    this.run({ kind: 'EndStalledAccess', device: STALLING, request, outcome, code: 0, rounds: 1 });
  }

  takeTurn(): void {
    this.run({ kind: 'TakeTurn' });
  }

  beginEpoch(): void {
    this.epoch += 1;
    this.groups.clear();
    this.stalls.clear();
    this.lastRequest = 0;
    // Completions of the old epoch still arrive: the segment must not take them for new ones.
    this.run({ kind: 'BeginEpoch', epoch: this.epoch });
  }

  drain(): void {
    for (let left = 10_000; left > 0 && !isSegmentIdle(this.segment.state); left--) {
      for (const { pasid, page } of this.translations.values()) this.map(pasid, page);
      while (this.translations.size > 0) this.complete(0);
      this.takeTurn();
      while (this.groups.size > 0) this.respond(0, 0);
      while (this.stalls.size > 0) this.endStall(0, 'completed');
    }
  }

  private run(command: Parameters<Driven['do']>[0]): void {
    for (const event of this.segment.do(command)) {
      this.events.push(event);
      this.see(event);
    }
    for (const [device, credits] of CREDITS.entries()) {
      const counters = deviceCounters(this.segment.state, device);
      expect(counters.outstanding).toBeLessThanOrEqual(credits);
      const mine = [...this.groups.values()].filter((group) => group.device === device);
      if (command.kind !== 'ReceiveResponse') expect(counters.outstandingGroups).toBe(mine.length);
    }
  }

  private see(event: SegmentEvent): void {
    switch (event.kind) {
      case 'TranslationRequested':
        this.translations.set(event.translation, { pasid: event.pasid, page: event.page, answer: undefined });
        return;
      case 'PageRequestSent':
        return this.seeRequest(event);
      case 'StalledAccessSent':
        expect(event.request).toBe(++this.lastRequest);
        this.stalls.add(event.request);
        return;
      case 'AccessHit':
        this.seeEnd(event);
        // I7: whatever was used is what the page tables say now, since every change of them came with an invalidation.
        if (event.frame !== -1) expect(event.frame).toBe(this.mapped.get(`${event.pasid}/${event.page}`));
        return;
      case 'AccessEnded':
        return this.seeEnd(event);
      default:
        return;
    }
  }

  private seeRequest(event: Extract<SegmentEvent, { kind: 'PageRequestSent' }>): void {
    expect(event.request).toBe(++this.lastRequest);
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
    this.ends.set(key, (this.ends.get(key) ?? 0) + 1);
  }
}

const small = fc.nat({ max: 50 });
const page = fc.nat({ max: PAGES - 1 });
const pasid = fc.constantFrom(...PASIDS);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.nat({ max: 2 }), pasid, page, fc.boolean())
      .map((args) => (world: World) => world.issue(...args)),
  },
  { weight: 8, arbitrary: small.map((at) => (world: World) => world.lookUp(at)) },
  { weight: 8, arbitrary: small.map((at) => (world: World) => world.complete(at)) },
  { weight: 1, arbitrary: small.map((at) => (world: World) => world.complete(at, 'unsupported-request')) },
  { weight: 6, arbitrary: fc.tuple(pasid, page).map((args) => (world: World) => world.map(...args)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(pasid, page, fc.nat({ max: 2 }))
      .map((args) => (world: World) => world.invalidate(...args)),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(small, fc.constantFrom(0 as const, 1 as const))
      .map((args) => (world: World) => world.respond(...args)),
  },
  { weight: 1, arbitrary: small.map((at) => (world: World) => world.respond(at, 2)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(small, fc.constantFrom('translated' as const, 'completed' as const, 'aborted' as const))
      .map((args) => (world: World) => world.endStall(...args)),
  },
  { weight: 6, arbitrary: fc.constant((world: World) => world.takeTurn()) },
  { weight: 1, arbitrary: fc.constant((world: World) => world.beginEpoch()) },
);

describe('a segment under any schedule', () => {
  it('R10 R11 I5 I7 keeps its credits and indexes, serves nothing invalidated, and ends every access once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const world = new World();
        for (const take of steps) take(world);
        world.drain();
        expect([...world.ends.values()].filter((ends) => ends !== 1)).toEqual([]);
        expect(segmentCounters(world.segment.state)).toMatchObject({
          pending: 0,
          waiting: 0,
          outstanding: 0,
          outstandingGroups: 0,
          unreportedHits: 0,
        });
        expect(translationsInFlight(world.segment.state) + stallsInFlight(world.segment.state)).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it('I8 folding the events again gives the same state, and deciding changes nothing', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
        const world = new World();
        for (const take of steps) take(world);
        const { decider, state } = world.segment;
        const fold = () =>
          world.events.reduce((folded, event) => decider.evolve(folded, event), decider.initial());
        expect(fold()).toEqual(state);
        decider.decide(state, { kind: 'TakeTurn' }, 1);
        decider.decide(state, { kind: 'BeginEpoch', epoch: 1_000 }, 1);
        decider.decide(state, { kind: 'ReceiveResponse', device: 0, groupId: 0, pasid: 5, code: 2 }, 1);
        expect(fold()).toEqual(state);
      }),
      { numRuns: 50 },
    );
  });

  it('keeps a straggler while more accesses pass it than it has slots', () => {
    const device = createSegment({ segment: 0, devices: [priDevice()] });
    const driven = new Driven({ segment: 0, devices: [priDevice()] });
    for (let at = 0; at <= 5_000; at++) {
      driven.do({
        kind: 'IssueAccess',
        access: { device: 1, access: at, pasid: 1, page: at, offset: 0, permissions: 1, intendedAtMicros: 0 },
      });
      if (at !== 7) driven.do(grant(at + 1));
    }
    expect(deviceCounters(driven.state, 1).pending).toBe(1);
    expect(driven.do(grant(8))).toMatchObject([
      { kind: 'TranslationReturned' },
      { kind: 'AccessHit', access: 7 },
    ]);
    expect(device.initial().translations.size).toBe(0);
  });
});
