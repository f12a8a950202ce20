import type { RequestRecord } from './events';
import { LiveIommu, pageRequest } from './iommu.testkit';
import {
  createRing,
  evolveKeep,
  evolvePop,
  evolvePush,
  recordsOf,
  ringCount,
  ringHead,
  sameRequest,
} from './ring';

function recordOf(request: number): RequestRecord {
  const { kind: _kind, ...fields } = pageRequest(request);
  return { ...fields, generation: 1, writtenAtMicros: 0 };
}

describe('a ring', () => {
  it('R41 that is full takes nothing: a log that says so is broken', () => {
    const ring = createRing(4);
    for (const request of [1, 2, 3]) evolvePush(ring, recordOf(request));
    expect(() => evolvePush(ring, recordOf(4))).toThrow('a record was written to a full ring of 4 slots');
    expect(recordsOf(ring).map(({ request }) => request)).toEqual([1, 2, 3]);
    evolvePop(ring);
    evolvePush(ring, recordOf(4));
    expect(recordsOf(ring).map(({ request }) => request)).toEqual([2, 3, 4]);
  });

  it('D9 keeps the order of the records that stay, and has room for the others again', () => {
    const ring = createRing(4);
    for (const request of [1, 2, 3]) evolvePush(ring, recordOf(request));
    evolvePop(ring);
    evolvePush(ring, recordOf(4));
    evolveKeep(ring, ({ request }) => request !== 3);
    expect([ringHead(ring)?.request, ringCount(ring)]).toEqual([2, 2]);
    evolvePush(ring, recordOf(5));
    expect(recordsOf(ring).map(({ request }) => request)).toEqual([2, 4, 5]);
    evolveKeep(ring, () => false);
    expect([ringHead(ring), ringCount(ring)]).toEqual([null, 0]);
  });
});

it('D1 a request is named by its segment, the epoch of that, and its number', () => {
  const one = { segment: 1, segmentEpoch: 2, request: 3 };
  const others = [{ ...one }, { ...one, segment: 4 }, { ...one, segmentEpoch: 4 }, { ...one, request: 4 }];
  expect(others.map((other) => sameRequest(one, other))).toEqual([true, false, false, false]);
});

describe('a log that takes a record from where it is not', () => {
  it.each([
    ['an empty ring', 0],
    ['a ring whose head is another record', 2],
  ])('D5 is broken: %s', (_name, sent) => {
    const live = new LiveIommu();
    for (let request = 1; request <= sent; request += 1) live.send(pageRequest(request));
    const parked = {
      kind: 'FaultParked',
      segment: 0,
      segmentEpoch: 1,
      request: 2,
      device: 1,
      groupId: 2,
    } as const;
    expect(() => live.decider.evolve(live.state, parked)).toThrow("request 2 is not at the ring's head");
  });
});
