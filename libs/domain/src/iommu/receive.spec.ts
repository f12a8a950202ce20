import { given } from '../kernel/decider.testkit';
import { NO_PASID, Permission, ResponseCode } from '../kernel/vocabulary';
import { LiveIommu, pageRequest, ready, testIommu } from './iommu.testkit';
import { ringRecords } from './queries';

describe('receiving page requests', () => {
  it('R42 writes the record as received, with the binding generation and the time of writing', () => {
    const { kind: _kind, ...fields } = pageRequest(1);
    given(testIommu(), ready)
      .when(pageRequest(1), 50)
      .then([{ ...fields, kind: 'PageRequestQueued', generation: 1, writtenAtMicros: 50 }]);
  });

  it('R44 queues a PASID that is not bound, with generation 0', () => {
    given(testIommu(), ready)
      .when(pageRequest(1, { pasid: 99 }))
      .thenLike([{ kind: 'PageRequestQueued', pasid: 99, generation: 0 }]);
  });

  it('R41 holds one record less than it has slots', () => {
    const live = new LiveIommu();
    for (let request = 1; request <= 3; request += 1) live.send(pageRequest(request));
    expect(ringRecords(live.state)).toHaveLength(3);
    expect(live.send(pageRequest(4))).toMatchObject([
      { kind: 'RingOverflowSet', model: 'pri' },
      {
        kind: 'PageRequestDropped',
        request: 4,
        cause: 'overflow',
        answered: true,
        code: ResponseCode.SUCCESS,
      },
    ]);
  });

  const full = [1, 2, 3].map((request) => pageRequest(request));

  it.each([
    ['a non-last member', { last: false }],
    ['a stop marker', { permissions: 0 }],
  ])('R50 any message sets overflow, and R46 %s vanishes silently', (_name, overrides) => {
    const live = new LiveIommu();
    for (const command of full) live.send(command);
    expect(live.send(pageRequest(4, overrides))).toMatchObject([
      { kind: 'RingOverflowSet' },
      { kind: 'PageRequestDropped', cause: 'overflow', answered: false, responsePasid: NO_PASID },
    ]);
  });

  it('R51 overflow is sticky: everything is dropped although the ring is empty', () => {
    const live = new LiveIommu();
    for (const command of [...full, pageRequest(4)]) live.send(command);
    for (let i = 0; i < 3; i += 1) live.send({ kind: 'DrainNext' });
    expect(live.send(pageRequest(5))).toMatchObject([{ kind: 'PageRequestDropped', cause: 'overflow' }]);
  });

  it('R48 SUCCESS carries the PASID only where the device wants it', () => {
    const live = new LiveIommu();
    for (const command of full) live.send(command);
    live.send(pageRequest(4));
    expect(live.send(pageRequest(5, { device: 2 }))).toMatchObject([{ responsePasid: 7 }]);
    expect(live.send(pageRequest(6, { device: 1 }))).toMatchObject([{ responsePasid: NO_PASID }]);
    expect(live.send(pageRequest(7, { device: 2, pasid: NO_PASID }))).toMatchObject([
      { responsePasid: NO_PASID },
    ]);
  });

  it('R47 a device without an entry gets FAILURE with the PASID of the request', () => {
    given(testIommu(), ready)
      .when(pageRequest(1, { device: 42 }))
      .thenLike([
        {
          kind: 'PageRequestDropped',
          cause: 'unknown-device',
          answered: true,
          code: ResponseCode.FAILURE,
          responsePasid: 7,
        },
      ]);
  });

  it('R47 PRI off for the device is INVALID without PASID', () => {
    given(testIommu(), ready)
      .when(pageRequest(1, { device: 3 }))
      .thenLike([
        {
          kind: 'PageRequestDropped',
          cause: 'pri-off',
          answered: true,
          code: ResponseCode.INVALID,
          responsePasid: NO_PASID,
        },
      ]);
  });

  it('R45 the device entry is looked at before the overflow flag', () => {
    const live = new LiveIommu();
    for (const command of [...full, pageRequest(4)]) live.send(command);
    expect(live.send(pageRequest(5, { device: 42 }))).toMatchObject([{ cause: 'unknown-device' }]);
  });

  it('D10 a duplicate causes nothing, whether its first copy was queued or dropped', () => {
    const live = new LiveIommu();
    live.send(pageRequest(1));
    live.send(pageRequest(2, { device: 42 }));
    expect(live.send(pageRequest(1))).toEqual([]);
    expect(live.send(pageRequest(2, { device: 42 }))).toEqual([]);
    expect(live.send(pageRequest(3))).toMatchObject([{ kind: 'PageRequestQueued' }]);
  });

  it('D9 a request of an older segment epoch causes nothing', () => {
    const live = new LiveIommu();
    live.send({ kind: 'SeeSegmentEpoch', segment: 0, segmentEpoch: 2 });
    expect(live.send(pageRequest(1))).toEqual([]);
  });

  it('R23 a stop marker takes a slot like any other record', () => {
    given(testIommu(), ready)
      .when(pageRequest(1, { permissions: Permission.EXECUTE }))
      .thenLike([{ kind: 'PageRequestQueued' }]);
  });
});
