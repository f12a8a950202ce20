import * as fc from 'fast-check';
import { deviceCounters, segmentCounters, stallsInFlight, translationsInFlight } from './counters';
import { Driven, grant, priDevice } from './device.testkit';
import { PAGES, PASIDS, SegmentWorld } from './segment-world.testkit';
import { createSegment } from './segment';
import type { SegmentDevice } from './state';

const small = fc.nat({ max: 50 });
const page = fc.nat({ max: PAGES - 1 });
const pasid = fc.constantFrom(...PASIDS);
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(fc.nat({ max: 2 }), pasid, page, fc.boolean())
      .map((args) => (world: SegmentWorld) => world.issue(...args)),
  },
  { weight: 8, arbitrary: small.map((at) => (world: SegmentWorld) => world.lookUp(at)) },
  { weight: 8, arbitrary: small.map((at) => (world: SegmentWorld) => world.complete(at)) },
  {
    weight: 1,
    arbitrary: small.map((at) => (world: SegmentWorld) => world.complete(at, 'unsupported-request')),
  },
  { weight: 6, arbitrary: fc.tuple(pasid, page).map((args) => (world: SegmentWorld) => world.map(...args)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(pasid, page, fc.nat({ max: 2 }))
      .map((args) => (world: SegmentWorld) => world.invalidate(...args)),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(small, fc.constantFrom(0 as const, 1 as const))
      .map((args) => (world: SegmentWorld) => world.respond(...args)),
  },
  { weight: 1, arbitrary: small.map((at) => (world: SegmentWorld) => world.respond(at, 2)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(small, fc.constantFrom('translated' as const, 'completed' as const, 'aborted' as const))
      .map((args) => (world: SegmentWorld) => world.endStall(...args)),
  },
  { weight: 6, arbitrary: fc.constant((world: SegmentWorld) => world.takeTurn()) },
  { weight: 4, arbitrary: small.map((at) => (world: SegmentWorld) => world.fireTimer(at)) },
  { weight: 1, arbitrary: fc.constant((world: SegmentWorld) => world.beginEpoch()) },
);

const device = fc.nat({ max: 2 });
const devicePasid = fc.tuple(device, pasid);
/** Devices stop PASIDs, get new ones, hang, vanish and are reset, while all else goes on. */
const lifecycleStep = fc.oneof(
  { weight: 300, arbitrary: step },
  { weight: 30, arbitrary: devicePasid.map((args) => (world: SegmentWorld) => world.stop(...args)) },
  { weight: 30, arbitrary: devicePasid.map((args) => (world: SegmentWorld) => world.start(...args)) },
  { weight: 8, arbitrary: device.map((of) => (world: SegmentWorld) => world.hang(of)) },
  { weight: 16, arbitrary: device.map((of) => (world: SegmentWorld) => world.reset(of)) },
  { weight: 1, arbitrary: device.map((of) => (world: SegmentWorld) => world.remove(of)) },
);
const seed = Number(process.env['FAULTLINE_SEED'] ?? Date.now() % 2 ** 31);

describe(`a segment under any schedule (FAULTLINE_SEED=${seed})`, () => {
  it('R10 R11 I5 I7 keeps its credits and indexes, serves nothing invalidated, and ends every access once', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(step, { maxLength: 300, size: 'max' }), (drops, steps) => {
        const world = new SegmentWorld(drops);
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
      { numRuns: 150, seed },
    );
  });

  it('R23 R94 R104 R142 stops PASIDs, loses devices and resets them without losing or repeating an access', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(lifecycleStep, { maxLength: 300, size: 'max' }), (drops, steps) => {
        const world = new SegmentWorld(drops);
        for (const take of steps) take(world);
        world.drain();
        world.takeTurn();
        expect([...world.ends.values()].filter((ends) => ends !== 1)).toEqual([]);
        expect([...world.stops.values()].filter((stop) => stop !== 'stopped')).toEqual([]);
        expect(segmentCounters(world.segment.state)).toMatchObject({
          pending: 0,
          waiting: 0,
          outstanding: 0,
          outstandingGroups: 0,
          unreportedHits: 0,
        });
        expect(translationsInFlight(world.segment.state) + stallsInFlight(world.segment.state)).toBe(0);
      }),
      { numRuns: 150, seed },
    );
  });

  it('I8 folding the events again gives the same state, and deciding changes nothing', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(lifecycleStep, { maxLength: 100, size: 'max' }), (drops, steps) => {
        const world = new SegmentWorld(drops);
        for (const take of steps) take(world);
        const { decider, state } = world.segment;
        const fold = () =>
          world.events.reduce((folded, event) => decider.evolve(folded, event), decider.initial());
        expect(fold()).toEqual(state);
        decider.decide(state, { kind: 'TakeTurn' }, 1);
        decider.decide(state, { kind: 'BeginEpoch', epoch: 1_000 }, 1);
        decider.decide(state, { kind: 'RemoveDevice', device: 1 }, 1);
        decider.decide(state, { kind: 'ResetDevice', device: 2, epoch: 0 }, 1);
        decider.decide(state, { kind: 'ReceiveResponse', device: 0, groupId: 0, pasid: 5, code: 2 }, 1);
        expect(fold()).toEqual(state);
      }),
      { numRuns: 50, seed },
    );
  });

  it('R26 knows the devices that a turn, an invalidation and a question for silent ones are about, as a look at each would', () => {
    let seen = { due: 0, silent: 0, holders: 0 };
    fc.assert(
      fc.property(fc.boolean(), fc.array(lifecycleStep, { maxLength: 200, size: 'max' }), (drops, steps) => {
        const world = new SegmentWorld(drops);
        for (const take of steps) {
          take(world);
          const { state } = world.segment;
          const having = (isSo: (device: SegmentDevice) => boolean) =>
            state.devices.filter(isSo).map((device) => device.device);
          const numbers = (devices: Iterable<SegmentDevice>) =>
            Array.from(devices, (device) => device.device).sort((one, other) => one - other);
          const due = having(
            ({ atcHits, translated, hung, waiting, outstanding, credits, stops }) =>
              atcHits + translated > 0 ||
              (!hung &&
                ((waiting > 0 && outstanding < credits) ||
                  stops.some(({ stopped, underWay }) => !stopped && underWay === 0))),
          );
          const silent = having(({ hung, removed }) => hung || removed);
          expect(numbers(state.due)).toEqual(due);
          expect(numbers(state.silent)).toEqual(silent);
          for (const held of PASIDS) {
            const holders = having(({ atc }) => atc.holds(held));
            expect([...state.holders.of(held)].sort((one, other) => one - other)).toEqual(holders);
            seen = { ...seen, holders: seen.holders + holders.length };
          }
          seen = { ...seen, due: seen.due + due.length, silent: seen.silent + silent.length };
        }
      }),
      { numRuns: 60, seed },
    );
    expect(Math.min(seen.due, seen.silent, seen.holders)).toBeGreaterThan(50);
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
