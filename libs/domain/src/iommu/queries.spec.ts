import { NO_PASID, ResponseCode } from '../kernel/vocabulary';
import type { AnyIommuEvent, IommuEvent } from './events';
import {
  attached,
  bound,
  LiveIommu,
  pageRequest,
  ready,
  result,
  stalledAccess,
  testIommu,
} from './iommu.testkit';
import {
  acceptedRequest,
  findTeardown,
  isDrained,
  isDurableIommuEvent,
  isIdle,
  isRequestTaken,
  needsFinishDrain,
} from './queries';

const asked = (request: number, segmentEpoch = 1) => ({ segment: 0, segmentEpoch, request });

describe('what an IOMMU has taken', () => {
  it('D10 a request is taken once it is in the log, and so is every request of an epoch that is over', () => {
    const live = new LiveIommu();
    expect(isRequestTaken(live.state, asked(1))).toBe(false);
    live.send(pageRequest(1));
    expect([1, 2].map((request) => isRequestTaken(live.state, asked(request)))).toEqual([true, false]);
    expect(isRequestTaken(live.state, asked(1, 2))).toBe(false);
    expect(isRequestTaken(live.state, { ...asked(1), segment: 9 })).toBe(false);
    live.send({ kind: 'SeeSegmentEpoch', segment: 0, segmentEpoch: 2 });
    expect([1, 2].map((request) => isRequestTaken(live.state, asked(request)))).toEqual([true, true]);
    expect(isRequestTaken(live.state, asked(1, 2))).toBe(false);
    expect([1, 2, 3].map((epoch) => acceptedRequest(live.state, 0, epoch))).toEqual([0, 0, 0]);
    live.send(pageRequest(1, { segmentEpoch: 2 }));
    expect([1, 2, 3].map((epoch) => acceptedRequest(live.state, 0, epoch))).toEqual([0, 1, 0]);
  });
});

describe('whether anything is left', () => {
  it('R88 a pass over the rings has something to finish after an overflow, or while a stall waits for room', () => {
    const live = new LiveIommu();
    expect(needsFinishDrain(live.state)).toBe(false);
    for (let request = 1; request <= 4; request += 1) live.send(pageRequest(request));
    expect(needsFinishDrain(live.state)).toBe(true);
    live.drain();
    expect(needsFinishDrain(live.state)).toBe(false);
    live.send(stalledAccess(5));
    expect(needsFinishDrain(live.state)).toBe(false);
    live.send(stalledAccess(6));
    expect(needsFinishDrain(live.state)).toBe(true);
  });

  it('I5 it is idle when no ring, no group and no held transaction is left', () => {
    const live = new LiveIommu();
    expect(isIdle(live.state)).toBe(true);
    live.send(pageRequest(1));
    expect(isIdle(live.state)).toBe(false);
    live.drain();
    expect(isIdle(live.state)).toBe(false);
    live.send(result(1));
    expect(isIdle(live.state)).toBe(true);
    live.send(stalledAccess(2));
    expect(isIdle(live.state)).toBe(false);
    live.drain();
    // The retry stalls again, since its page is still missing.
    live.send(result(2, { device: 3 }));
    expect(isIdle(live.state)).toBe(false);
    live.drain();
    live.send(result(3, { device: 3, code: ResponseCode.INVALID }));
    expect(isIdle(live.state)).toBe(true);
  });

  it('D2 a binding is drained when no group has any member of it, whoever is last', () => {
    const other: IommuEvent = bound(1, 8);
    const live = new LiveIommu(undefined, [...ready, other]);
    live.send(pageRequest(1, { groupId: 4, last: false }));
    live.send(pageRequest(2, { groupId: 4, pasid: 8 }));
    live.drain();
    expect([7, 8, 9].map((pasid) => isDrained(live.state, 1, pasid))).toEqual([false, false, true]);
    expect(isDrained(live.state, 2, 7)).toBe(true);
  });

  it('R95 a teardown is found by device and PASID', () => {
    const live = new LiveIommu();
    live.send({ kind: 'BeginTeardown', device: 1, pasid: 7, cause: 'unbind' });
    const found = [
      findTeardown(live.state, 1, 7),
      findTeardown(live.state, 2, 7),
      findTeardown(live.state, 1, 8),
    ];
    expect(found.map((teardown) => teardown?.step)).toEqual(['stop', undefined, undefined]);
  });
});

describe('the PASID on the answer to a fault that nobody handles', () => {
  const handlerless = [1, 2].map((device) =>
    attached(device, { hasHandler: false, responsePasidRequired: device === 2 }),
  );

  it.each([
    ['R86 is the one of the request where the device wants it', 2, 7, 7],
    ['R86 is none where the device does not', 1, 7, NO_PASID],
    ['R86 is none where the request had none', 2, NO_PASID, NO_PASID],
  ])('%s', (_title, device, pasid, expected) => {
    const live = new LiveIommu(undefined, [...ready.slice(0, 2), ...handlerless]);
    live.send(pageRequest(1, { device, pasid }));
    live.drain();
    expect(live.log.at(-1)).toMatchObject({
      kind: 'FaultRefused',
      reason: 'no-handler',
      answered: true,
      code: ResponseCode.INVALID,
      responsePasid: expected,
    });
  });
});

describe('what belongs in the log', () => {
  it.each<[AnyIommuEvent['kind'], boolean]>([
    ['TranslationCompleted', false],
    ['IotlbInvalidated', false],
    ['StalledAccessTranslated', false],
    ['StalledAccessRefused', false],
    ['ResultWaiting', false],
    ['ResultDropped', true],
    ['PageRequestDropped', true],
    ['GroupQueued', true],
  ])('I8 %s: %s', (kind, expected) => {
    expect(isDurableIommuEvent({ kind } as AnyIommuEvent)).toBe(expected);
  });
});

it('I5 the record of a transaction that is gone has to be drained before it is idle', () => {
  const live = new LiveIommu();
  live.send(stalledAccess(1));
  live.send({ kind: 'DetachDevice', device: 3 });
  expect(isIdle(live.state)).toBe(false);
  live.drain();
  expect(isIdle(live.state)).toBe(true);
});

it('an IOMMU that nothing happened to waits for no deadline', () => {
  const { durable } = testIommu().initial();
  expect(durable.hasTimeouts).toBe(false);
  expect(durable.epochs).toEqual([{ epoch: 0, base: 0 }]);
});
