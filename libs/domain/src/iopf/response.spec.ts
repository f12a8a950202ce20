import { Errno } from './errno';
import { deviceOf, fault, layer, report } from './iopf.testkit';
import { evolveAnswered, groupResponse, matchPending, planResponse } from './response';

const answer = { version: 1, unknownFlags: 0, hasPasid: false, pasid: 0, groupId: 7, code: 0 };

describe('page responses (G1)', () => {
  it('rule 16 a group answers with the fields of its last fault, PASID valid only if needed', () => {
    const state = layer();
    report(state, 1, fault(1), true, true);
    report(state, 1, fault(2), true);
    const [needs, plain] = [...state.groups.values()];
    if (needs === undefined || plain === undefined) throw new Error('two groups were expected');
    expect(groupResponse(needs, 1)).toEqual({ ...answer, hasPasid: true, pasid: 1, code: 1 });
    expect(groupResponse(plain, 0)).toEqual({ ...answer, pasid: 1 });
  });

  it('rule 17 refuses in order, and the hardware sees nothing', () => {
    const state = layer();
    report(state, 1, fault(1), true);
    const device = deviceOf(state, 1);
    expect(planResponse(undefined, answer).result).toBe(Errno.ENODEV);
    expect(planResponse({ ...device, attached: false }, answer).result).toBe(Errno.ENODEV);
    expect(planResponse({ ...device, canRespond: false, handler: null }, answer).result).toBe(Errno.ENODEV);
    expect(planResponse({ ...device, handler: null }, answer).result).toBe(Errno.EINVAL);
    expect(planResponse(device, { ...answer, version: 2 }).result).toBe(Errno.EINVAL);
    expect(planResponse(device, { ...answer, unknownFlags: 4 }).result).toBe(Errno.EINVAL);
    expect(planResponse(device, { ...answer, groupId: 8 })).toMatchObject({
      result: Errno.EINVAL,
      record: null,
    });
    expect(planResponse(device, answer)).toMatchObject({ result: 0, record: { fault: { id: 1 } } });
  });

  it('rule 18 a needed PASID must be valid and equal; an unneeded one is cleared', () => {
    const state = layer();
    report(state, 1, fault(1), true, true);
    const device = deviceOf(state, 1);
    expect(matchPending(device, 7, false, 1)).toBe(-1);
    expect(matchPending(device, 7, true, 2)).toBe(-1);
    expect(matchPending(device, 7, true, 1)).toBe(0);
    report(state, 2, fault(2), true);
    expect(planResponse(deviceOf(state, 2), { ...answer, hasPasid: true, pasid: 9 })).toMatchObject({
      result: 0,
      hasPasid: false,
      pasid: 0,
    });
  });

  it('rule 19 the oldest record of the number is answered, whichever group finished', () => {
    const state = layer();
    report(state, 1, fault(1), true);
    report(state, 1, fault(2), true);
    const device = deviceOf(state, 1);
    expect(planResponse(device, answer).record?.fault.id).toBe(1);
    evolveAnswered(device, 0);
    expect(planResponse(device, answer).record?.fault.id).toBe(2);
  });
});
