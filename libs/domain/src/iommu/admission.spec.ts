import { admit, isTaken } from './admission';
import type { IommuEvent } from './events';
import { evolveAccepted } from './evolve-requests';
import { foldMm } from './iommu';
import { attached, bound, LiveIommu, pageRequest, ready, stalledAccess, testIommu } from './iommu.testkit';
import { acceptedRequest } from './queries';

const asked = (request: number, segmentEpoch = 1, segment = 0) => ({ segment, segmentEpoch, request });

/** Page 0x100 + request of every stalled access is there, so that it translates at once. */
function install(live: LiveIommu, request: number): void {
  foldMm(live.state, {
    kind: 'PageInstalled',
    mm: 7,
    page: 0x100 + request,
    frame: 40,
    permissions: 3,
    cause: 'zero-fill',
    major: false,
    prefetched: false,
  });
}

describe('whether a request is admitted', () => {
  it('D9 D10 is next, begins a new epoch, or is never taken', () => {
    const live = new LiveIommu();
    live.send(pageRequest(4));
    const answers = [asked(5), asked(9), asked(4), asked(3), asked(1, 2), asked(1, 1, 6), asked(9, 0)];
    expect(answers.map((identity) => admit(live.state, identity))).toEqual([
      ...['next', 'next', 'never', 'never'],
      ...['new-epoch', 'new-epoch', 'never'],
    ]);
  });

  it('R40 D9 an access that was pushed back holds up its own segment and epoch only', () => {
    const live = new LiveIommu();
    live.decider.evolve(live.state, { kind: 'SegmentResetSeen', segment: 6, segmentEpoch: 1 });
    live.decider.evolve(live.state, { kind: 'StalledAccessRefused', ...asked(3) });
    expect([2, 3, 4].map((request) => admit(live.state, asked(request)))).toEqual(['next', 'next', 'never']);
    expect(admit(live.state, asked(4, 1, 6))).toBe('next');
    live.decider.evolve(live.state, { kind: 'SegmentResetSeen', segment: 0, segmentEpoch: 2 });
    expect(admit(live.state, asked(4, 2))).toBe('next');
  });

  it('D10 an access that translated at once is taken, and with it every earlier one of its epoch', () => {
    const live = new LiveIommu();
    for (const request of [2, 5]) {
      install(live, request);
      expect(live.send(stalledAccess(request))).toMatchObject([{ kind: 'StalledAccessTranslated', request }]);
    }
    const taken = (request: number) =>
      isTaken(live.state, { epoch: 1, highest: 0, adopted: new Set(), passed: [] }, asked(request));
    expect([4, 5, 6].map(taken)).toEqual([true, true, false]);
    expect(isTaken(live.state, { epoch: 2, highest: 0, adopted: new Set(), passed: [] }, asked(4, 2))).toBe(
      false,
    );
    expect(acceptedRequest(live.state, 0, 1)).toBe(5);
  });

  it('D9 what translated at once in an epoch that is over says nothing of the next one', () => {
    const live = new LiveIommu();
    install(live, 5);
    live.send(stalledAccess(5));
    live.send({ kind: 'SeeSegmentEpoch', segment: 0, segmentEpoch: 2 });
    expect(admit(live.state, asked(3, 2))).toBe('next');
    live.send(stalledAccess(5, { segmentEpoch: 2 }));
    expect([acceptedRequest(live.state, 0, 1), acceptedRequest(live.state, 0, 2)]).toEqual([0, 5]);
  });
});

describe('what is known of a segment', () => {
  const history: IommuEvent[] = [...ready, attached(11, { segment: 1 }), bound(11, 7)];
  const progressOf = (live: LiveIommu, segment = 0) => live.state.durable.segments.get(segment);

  it.each([
    ['a first request', 1, asked(4, 3, 1), { epoch: 3, highest: 4 }],
    ['a request of a newer epoch', 0, asked(2, 5), { epoch: 5, highest: 2 }],
    ['a later request', 0, asked(9), { epoch: 1, highest: 9 }],
    ['an earlier request', 0, asked(7), { epoch: 1, highest: 8 }],
    ['a later request of an epoch that is over', 0, asked(9, 0), { epoch: 1, highest: 8 }],
  ])('I8 D9 is folded from the log alone: %s', (_name, segment, identity, expected) => {
    const live = new LiveIommu(testIommu(), history);
    live.send(pageRequest(8));
    evolveAccepted(live.state.durable, identity);
    expect(progressOf(live, segment)).toEqual({ ...expected, adopted: new Set(), passed: [] });
  });

  it('R142 that a device is cut off has no number, so it accepts nothing', () => {
    const live = new LiveIommu();
    live.send({ kind: 'FenceDevice', device: 1, cause: 'requested' });
    expect([...live.state.durable.segments]).toEqual([
      [0, { epoch: 1, highest: 0, adopted: new Set(), passed: [] }],
    ]);
  });

  it('R142 a device that was cut off before any epoch was heard of waits for its own reset', () => {
    const live = new LiveIommu(
      testIommu(),
      ready.filter(({ kind }) => kind !== 'SegmentResetSeen'),
    );
    live.send({ kind: 'FenceDevice', device: 1, cause: 'requested' });
    live.send(pageRequest(1, { device: 2 }));
    expect(live.state.durable.devices.get(1)?.fenced).toBe(true);
    live.send(pageRequest(1, { device: 2, segmentEpoch: 2 }));
    expect(live.state.durable.devices.get(1)?.fenced).toBe(false);
  });

  it('is nothing for a segment that was not heard of', () => {
    expect(acceptedRequest(new LiveIommu().state, 9, 1)).toBe(0);
  });
});
