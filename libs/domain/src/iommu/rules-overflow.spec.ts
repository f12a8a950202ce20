import type { Topology } from '../iopf/topology';
import { given } from '../kernel/decider.testkit';
import { ResponseCode } from '../kernel/vocabulary';
import type { IommuEvent } from './events';
import {
  device,
  enabledQueue,
  ofKind,
  on,
  pageRequest as message,
  perform,
  submit,
  testHardware,
} from './hardware/hardware.testkit';
import {
  attached,
  bound,
  LiveIommu,
  owner,
  pageRequest,
  ready,
  result,
  segmentSeen,
  stalledAccess,
  testIommu,
} from './iommu.testkit';
import { countIommu, pendingGroups, ringRecords } from './queries';

/** Rules of full queues and of who answers what they do not take, as far as no recorded vector shows them. */

describe('full queues and back-pressure', () => {
  it('R134 R130 a full queue: stalls wait and nobody is answered, page requests are lost and answered at once', () => {
    const live = new LiveIommu(testIommu({ priQueueEntries: 2, eventQueueEntries: 2 }));
    live.send(stalledAccess(1));
    live.send(pageRequest(2));
    expect(live.send(stalledAccess(3))).toMatchObject([{ kind: 'StallDeferred', request: 3 }]);
    expect(live.send(pageRequest(4))).toMatchObject([
      { kind: 'RingOverflowSet', model: 'pri' },
      { kind: 'PageRequestDropped', request: 4, answered: true, code: ResponseCode.SUCCESS },
    ]);
    // The flag of the one queue does not concern the other: stalls still come in, page requests do not.
    expect(live.send(stalledAccess(5))).toMatchObject([{ kind: 'StallDeferred' }]);
    expect(live.send(pageRequest(6))).toMatchObject([{ kind: 'PageRequestDropped' }]);
    expect(live.drain().map(({ members }) => members[0]?.request)).toEqual([2, 1, 3, 5]);
  });

  it('R69 with the event queue full a stall is kept, and an access that terminates is over without a record', () => {
    const live = new LiveIommu();
    live.send(stalledAccess(1));
    expect(live.send(stalledAccess(2))).toMatchObject([{ kind: 'StallDeferred' }]);
    expect(live.send(stalledAccess(3, { pasid: 99 }))).toMatchObject([
      { kind: 'StallEnded', outcome: 'aborted' },
    ]);
    expect(live.drain().map(({ members }) => members[0]?.request)).toEqual([1, 2]);
  });

  it('R141 the reader of the ring never waits for handlers: the ring takes everything though nobody answers', () => {
    const live = new LiveIommu();
    for (let request = 1; request <= 300; request += 1) {
      live.send(pageRequest(request));
      live.drain();
    }
    expect(live.log.some(({ kind }) => kind === 'RingOverflowSet')).toBe(false);
    expect(pendingGroups(live.state)).toHaveLength(300);
  });

  it('R141 nor does it in fair service, whose window holds groups back and not the ring', () => {
    const live = new LiveIommu(testIommu({ service: { order: 'fair', quantum: 1, window: 1 } }));
    for (let request = 1; request <= 30; request += 1) {
      live.send(pageRequest(request));
      live.drain();
      live.send({ kind: 'DispatchNext' });
    }
    expect(live.log.filter(({ kind }) => kind === 'GroupQueued')).toHaveLength(1);
    expect(live.log.filter(({ kind }) => kind === 'GroupHeld')).toHaveLength(30);
    expect(ringRecords(live.state)).toEqual([]);
  });

  const topologies: Topology[] = ['global', 'per-iommu', 'per-fault-queue', 'per-domain', 'hash:8'];
  it.each(topologies)(
    'R140 [%s] overflow recovery reaches the partial groups of all devices of the ring',
    (topology) => {
      const live = new LiveIommu(testIommu({ topology }), [owner, segmentSeen, ...twoMms()]);
      live.send(pageRequest(1, { last: false }));
      live.send(pageRequest(2, { last: false, device: 2, pasid: 8 }));
      live.send(pageRequest(3));
      live.send(pageRequest(4));
      expect(live.drain().map(({ queue }) => queue)).toHaveLength(1);
      expect(live.log).toContainEqual(
        expect.objectContaining({ kind: 'PartialsDiscarded', device: -1, count: 2, cause: 'overflow' }),
      );
      expect(countIommu(live.state)).toMatchObject({ partials: 0, overflow: false });
    },
  );
});

/** Devices 1 and 2 with an address space each. */
function twoMms(): IommuEvent[] {
  return [attached(1), attached(2), bound(1, 7), bound(2, 8)];
}

describe('who answers', () => {
  it('R131 an automatic Success and one of software are the same on the wire; only the record tells them apart', () => {
    const respond = { op: 'page-response', deviceId: 16, pasid: -1, prgIndex: 3, code: 0 } as const;
    const small = [on, device(), ...enabledQueue(2)];
    const { events } = perform(testHardware(), small, message(), message(), submit(respond));
    const [automatic, commanded] = ofKind(events, 'PrgResponseSent');
    expect([automatic?.origin, commanded?.origin]).toEqual(['automatic', 'commanded']);
    expect({ ...automatic, origin: '' }).toEqual({ ...commanded, origin: '' });
  });

  it('R131 the log has an event of its own for each: dropped and answered, or answered after a handler', () => {
    const live = new LiveIommu();
    for (let request = 1; request <= 4; request += 1) live.send(pageRequest(request));
    live.drain();
    live.send(result(1));
    const answers = live.log.filter(
      (event) => event.kind === 'GroupResponded' || (event.kind === 'PageRequestDropped' && event.answered),
    );
    expect(answers).toMatchObject([
      { kind: 'PageRequestDropped', request: 4, code: ResponseCode.SUCCESS, cause: 'overflow' },
      { kind: 'GroupResponded', groupId: 1, code: ResponseCode.SUCCESS, cause: 'handled' },
    ]);
  });

  it('R132 a group that lost a member in the middle is answered by software, one that lost its last by the IOMMU', () => {
    const live = new LiveIommu();
    const filler = { device: 2 };
    live.send(pageRequest(1, { groupId: 5, last: false }));
    live.send(pageRequest(2, filler));
    live.send(pageRequest(3, filler));
    live.send(pageRequest(4, { groupId: 5 }));
    live.drain();
    for (let request = 5; request <= 7; request += 1) live.send(pageRequest(request, filler));
    live.send(pageRequest(8, { groupId: 6, last: false }));
    live.drain();
    live.send(pageRequest(9, { groupId: 6 }));
    live.drain();
    for (let group = 1; group <= 9; group += 1) live.send(result(group));
    const answers = live.log.filter(
      (event) =>
        (event.kind === 'GroupResponded' || (event.kind === 'PageRequestDropped' && event.answered)) &&
        event.device === 1,
    );
    expect(answers).toMatchObject([
      { kind: 'PageRequestDropped', groupId: 5 },
      { kind: 'GroupResponded', groupId: 6 },
    ]);
    expect(live.log.filter(({ kind }) => kind === 'PageRequestDropped')).toHaveLength(2);
  });

  it('R22 a function whose PRI is off is told Invalid, which takes nobody’s interface down', () => {
    given(testIommu(), ready)
      .when(pageRequest(1, { device: 3 }))
      .thenLike([
        { kind: 'PageRequestDropped', cause: 'pri-off', answered: true, code: ResponseCode.INVALID },
      ]);
  });
});
