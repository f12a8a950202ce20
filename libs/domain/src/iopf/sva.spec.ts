import { evolveAttach } from './attachments';
import { type Allocation, Errno } from './errno';
import { deviceOf, failing, HOLDER, layer, type TestFault } from './iopf.testkit';
import { evolveDevice, IOPF_HANDLER, type IopfState, NO_SPACE } from './state';
import { evolveBind, evolveUnbind, isLastBind, planBind, type SpacePasids } from './sva';

const facts = { hasIommu: true, attached: true, canRespond: true };
/** Space 41, which has no PASID yet, and would get 5. */
const [space, pasid] = [41, 5];

function bind(state: IopfState<TestFault>, pasids: SpacePasids, device: number, fails?: Allocation): number {
  const known = deviceOf(state, device);
  const plan = planBind(state, pasids, known, space, pasid, fails && failing(fails));
  evolveBind(state, pasids, known, space, pasid, plan);
  return plan.result;
}

const attachmentOf = (state: IopfState<TestFault>, group: number) => state.attachments.get(group)?.get(pasid);

describe('binding a device to an address space (G2)', () => {
  it('rule 35 R93 a space has one PASID, from its first bind on, also when that fails later', () => {
    const state = layer();
    const pasids: SpacePasids = new Map();
    expect(bind(state, pasids, 1, 'mm-data')).toBe(Errno.ENOMEM);
    expect(bind(state, pasids, 1, 'pasid-space')).toBe(Errno.ENOSPC);
    expect(pasids.size).toBe(0);
    expect(bind(state, pasids, 1, 'bind-handle')).toBe(Errno.ENOMEM);
    expect(pasids).toEqual(new Map([[space, pasid]]));
    expect(attachmentOf(state, 1)).toBeUndefined();
    expect(bind(state, pasids, 1, 'mm-data')).toBe(0);
  });

  it('rule 35 a PASID that the device cannot use is ENOSPC at first, EOVERFLOW later', () => {
    const state = layer();
    const pasids: SpacePasids = new Map();
    evolveDevice(state, 3, { ...facts, maxPasids: 5 });
    evolveDevice(state, 4, { ...facts, maxPasids: 6 });
    expect(bind(state, pasids, 3)).toBe(Errno.ENOSPC);
    expect(bind(state, pasids, 4)).toBe(0);
    expect(bind(state, pasids, 3)).toBe(Errno.EOVERFLOW);
  });

  it('rule 35 R92 binding again counts; the last unbind detaches', () => {
    const state = layer();
    const pasids: SpacePasids = new Map();
    expect([bind(state, pasids, 1), bind(state, pasids, 1, 'bind-handle')]).toEqual([0, 0]);
    const expected = { handler: IOPF_HANDLER, nested: false, space };
    expect(attachmentOf(state, 1)).toEqual({ ...expected, users: 2 });
    expect(isLastBind(state, 1, pasid)).toBe(false);
    evolveUnbind(state, 1, pasid);
    expect(attachmentOf(state, 1)).toEqual({ ...expected, users: 1 });
    expect(isLastBind(state, 1, pasid)).toBe(true);
    evolveUnbind(state, 1, pasid);
    expect(attachmentOf(state, 1)).toBeUndefined();
    expect(isLastBind(state, 1, pasid)).toBe(false);
    evolveUnbind(state, 1, pasid);
    expect(pasids.get(space)).toBe(pasid);
  });

  it('rule 35 a PASID that something else uses is EBUSY, with or without a handle', () => {
    const state = layer();
    const external = { handler: HOLDER, nested: false, space: NO_SPACE, users: 1 };
    evolveAttach(state, 1, pasid, external);
    evolveAttach(state, 2, pasid, { ...external, handler: null });
    const pasids: SpacePasids = new Map();
    expect(bind(state, pasids, 1, 'bind-handle')).toBe(Errno.EBUSY);
    expect(attachmentOf(state, 1)).toEqual(external);
    expect(pasids.get(space)).toBe(pasid);
    expect(bind(state, pasids, 2, 'bind-handle')).toBe(Errno.ENOMEM);
    expect(bind(state, pasids, 2)).toBe(Errno.EBUSY);
    expect(attachmentOf(state, 2)).toMatchObject({ handler: null });
  });

  it('rule 35 a new domain is needed, and must attach', () => {
    const state = layer();
    const pasids: SpacePasids = new Map();
    expect(bind(state, pasids, 1, 'domain')).toBe(Errno.ENOMEM);
    expect(bind(state, pasids, 1, 'attach')).toBe(Errno.EINVAL);
    expect(attachmentOf(state, 1)).toBeUndefined();
  });

  it('rule 35 a domain that the space has already is tried first, and a failure falls through to a new one', () => {
    const state = layer();
    const pasids: SpacePasids = new Map();
    bind(state, pasids, 1);
    const other = deviceOf(state, 2);
    const unused = failing('domain');
    expect(planBind(state, pasids, other, space, pasid, unused).result).toBe(0);
    expect(unused.asked).toEqual(['bind-handle', 'attach']);
    let once = true;
    const asked: Allocation[] = [];
    const plan = planBind(state, pasids, other, space, pasid, (allocation) => {
      asked.push(allocation);
      return allocation === 'attach' && once && !(once = false);
    });
    expect(plan).toEqual({ result: 0, takesPasid: false, effect: 'attach' });
    expect(asked).toEqual(['bind-handle', 'attach', 'domain', 'attach']);
  });

  it('rule 35 every device of the IOMMU group must be able to use the PASID', () => {
    const state = layer();
    evolveDevice(state, 3, { ...facts, iommuGroup: 8 });
    evolveDevice(state, 4, { ...facts, iommuGroup: 8, maxPasids: 5 });
    evolveDevice(state, 5, { ...facts, maxPasids: 5 });
    const pasids: SpacePasids = new Map();
    expect(bind(state, pasids, 3)).toBe(Errno.EINVAL);
    evolveDevice(state, 4, { ...facts, iommuGroup: 8, maxPasids: 6 });
    expect(bind(state, pasids, 3)).toBe(0);
    expect(attachmentOf(state, 8)).toMatchObject({ users: 1, space });
  });

  it('a plan says what it does, and planning changes nothing', () => {
    const state = layer();
    const pasids: SpacePasids = new Map();
    const before = structuredClone(state);
    const plan = () => planBind(state, pasids, deviceOf(state, 1), space, pasid);
    expect(plan()).toEqual({ result: 0, takesPasid: true, effect: 'attach' });
    expect([state, pasids.size]).toEqual([before, 0]);
    bind(state, pasids, 1);
    expect(plan()).toEqual({ result: 0, takesPasid: false, effect: 'count' });
    expect(planBind(state, pasids, deviceOf(state, 1), 42, pasid)).toEqual({
      result: Errno.EBUSY,
      takesPasid: true,
      effect: 'none',
    });
    expect(planBind(state, pasids, deviceOf(state, 1), 42, 2 ** 20)).toEqual({
      result: Errno.ENOSPC,
      takesPasid: false,
      effect: 'none',
    });
  });
});

it('rule 35 R92 unbinding what was never bound changes nothing', () => {
  const state = layer();
  const before = structuredClone(state);
  expect(isLastBind(state, 77, pasid)).toBe(false);
  evolveUnbind(state, 77, pasid);
  expect(state).toEqual(before);
});

it('rule 35 a plan that cannot attach takes the PASID and attaches nothing', () => {
  const state = layer();
  expect(planBind(state, new Map(), deviceOf(state, 1), space, pasid, failing('attach'))).toEqual({
    result: Errno.EINVAL,
    takesPasid: true,
    effect: 'none',
  });
});
