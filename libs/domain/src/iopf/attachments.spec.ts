import { evolveAttach, evolveDetach, planDetach } from './attachments';
import { deviceOf, fault, groupOf, HOLDER, layer, report } from './iopf.testkit';
import { G2 } from './kernels';
import { evolveDevice, IOPF_HANDLER, NO_SPACE } from './state';

const generation = G2;

describe('attachments (G2)', () => {
  it('R92 R105 attaching to a PASID takes the place of what was there', () => {
    const state = layer();
    evolveAttach(state, 1, 1, { handler: HOLDER, nested: false, space: NO_SPACE, users: 1 });
    expect(G2.planReport(state, deviceOf(state, 1), true, 1).action).toBe('hold');
    expect(G2.planReport(state, deviceOf(state, 2), true, 1).action).toBe('group');
  });

  it('one fact may be folded into two states', () => {
    const attachment = { handler: IOPF_HANDLER, nested: false, space: 41, users: 1 };
    const states = [layer(), layer()];
    for (const state of states) {
      evolveAttach(state, 1, 2, attachment);
      evolveAttach(state, 7, 2, attachment);
    }
    for (const group of [1, 7]) {
      const [one, other] = states.map((state) => state.attachments.get(group)?.get(2));
      expect(one).toEqual(attachment);
      expect(one).not.toBe(other);
      expect(one).not.toBe(attachment);
    }
  });

  it('R98 detached faults find nothing; detaching what is not attached changes nothing', () => {
    const state = layer();
    evolveDetach(state, 1, 1);
    evolveDetach(state, 1, 5);
    evolveDetach(state, 9, 1);
    expect(G2.planReport(state, deviceOf(state, 1), true, 1).refusal).toBe('not-bound');
    expect(state.attachments.get(2)?.size).toBe(1);
  });

  it('rule 34 R95 work that is queued for the space loses it when it is detached first, and its group stays pending', () => {
    const state = layer();
    evolveAttach(state, 1, 2, { handler: IOPF_HANDLER, nested: false, space: 41, users: 1 });
    report(state, 1, fault(1), true, { generation });
    report(state, 2, fault(2), true, { generation });
    report(state, 1, fault(3, { pasid: 2 }), true, { generation });
    report(state, 1, fault(4), true, { generation });
    groupOf(state, 4).queue = null;
    expect(planDetach(state, 1, 1).map(({ serial }) => serial)).toEqual([1]);
    evolveDetach(state, 1, 1);
    expect([1, 2, 3, 4].map((serial) => groupOf(state, serial).queue)).toEqual([null, 'q', 'q', null]);
    expect(deviceOf(state, 1).pending).toHaveLength(3);
    expect(planDetach(state, 1, 1)).toEqual([]);
    expect(planDetach(state, 9, 1)).toEqual([]);
  });

  it('rule 34 the work of every device of the IOMMU group is concerned', () => {
    const state = layer();
    const facts = { hasIommu: true, attached: true, canRespond: true, iommuGroup: 8 };
    for (const device of [1, 2]) evolveDevice(state, device, facts);
    evolveAttach(state, 8, 1, { handler: IOPF_HANDLER, nested: false, space: 40, users: 1 });
    for (const device of [1, 2]) report(state, device, fault(device), true, { generation });
    expect(planDetach(state, 8, 1).map(({ device }) => device)).toEqual([1, 2]);
    expect(planDetach(state, 1, 1)).toEqual([]);
  });
});

it('rule 34 the group of a device that is not known any more is stranded by nobody', () => {
  const state = layer();
  report(state, 1, fault(1), true, { generation });
  state.devices.delete(1);
  expect(planDetach(state, 1, 1)).toEqual([]);
});
