import { NO_PASID, ResponseCode } from '../kernel/vocabulary';
import { evolveAttach, evolveDetach } from './attachments';
import { Errno } from './errno';
import { DEVICE_PASID } from './g2';
import { deviceOf, failing, fault, groupOf, HOLDER, layer, REFUSER, report } from './iopf.testkit';
import { G1, G2 } from './kernels';
import { evolveRemoveDevice } from './queues';
import { answerAtOnce } from './report';
import { type Attachment, evolveDevice, IOPF_HANDLER, NO_SPACE } from './state';

const external = (overrides: Partial<Attachment> = {}): Attachment => ({
  handler: HOLDER,
  nested: false,
  space: NO_SPACE,
  users: 1,
  ...overrides,
});
const answered = { result: Errno.EINVAL, action: 'none', answer: ResponseCode.INVALID };

describe('reporting faults (G2)', () => {
  it('rule 23 R78 a fault whose PASID is not attached is answered INVALID at once, non-last members too', () => {
    const state = layer();
    for (const last of [false, true]) {
      const plan = G2.planReport(state, deviceOf(state, 1), last, 9);
      expect(plan).toEqual({ ...answered, driverCompletes: false, warns: false, refusal: 'not-bound' });
      expect(answerAtOnce(plan, 'pri', last)).toBe(ResponseCode.INVALID);
    }
  });

  it('rule 23 R78 so is one of a device that is not known, or in an IOMMU group without attachments', () => {
    const state = layer();
    evolveDevice(state, 3, { hasIommu: true, attached: true, canRespond: true });
    expect(G2.planReport(state, undefined, true, 1)).toMatchObject({ ...answered, refusal: 'not-bound' });
    expect(G2.planReport(state, deviceOf(state, 3), true, 1)).toMatchObject(answered);
  });

  it('rule 23 R78 so is one that finds a domain without a handler, or without a handle', () => {
    const state = layer({ kind: 'none' });
    const device = deviceOf(state, 1);
    expect(G2.planReport(state, device, false, 1)).toMatchObject({ ...answered, refusal: 'no-handler' });
    evolveAttach(state, 1, 2, external({ handler: null }));
    expect(G2.planReport(state, device, false, 2)).toMatchObject({ ...answered, refusal: 'no-handler' });
  });

  it('rule 23 R78 so is one of a device in no queue, with a warning', () => {
    const state = layer();
    evolveRemoveDevice(state, 'q', 1);
    const plan = G2.planReport(state, deviceOf(state, 1), false, 1);
    expect(plan).toMatchObject({ ...answered, warns: true, refusal: 'no-queue' });
    expect(G2.planReport(state, deviceOf(state, 1), false, 1, false)).toMatchObject({
      answer: null,
      warns: true,
    });
  });

  it('rule 23 nobody waits for an answer to a fault of another type', () => {
    const state = layer();
    const refused = { result: Errno.EINVAL, action: 'none', answer: null };
    expect(G2.planReport(state, deviceOf(state, 1), true, 9, false)).toMatchObject(refused);
    const unhandled = layer({ kind: 'none' });
    expect(G2.planReport(unhandled, deviceOf(unhandled, 1), true, 1, false)).toMatchObject(refused);
  });

  it('rule 23 R78 a fault without a PASID finds what is attached to the device itself', () => {
    const state = layer();
    const device = deviceOf(state, 1);
    expect(G2.planReport(state, device, true, NO_PASID)).toMatchObject(answered);
    evolveAttach(state, 1, DEVICE_PASID, external());
    expect(G2.planReport(state, device, true, NO_PASID).action).toBe('hold');
    expect(G2.planReport(state, device, true, DEVICE_PASID).action).toBe('hold');
    expect(G2.planReport(state, device, true, 9)).toMatchObject(answered);
  });

  it('rule 23 R78 with a PASID table of users, faults of unknown PASIDs go to the nested domain of the device', () => {
    const state = layer();
    evolveDevice(state, 1, { hasIommu: true, attached: true, canRespond: true, userPasidTable: true });
    const action = (pasid: number) => G2.planReport(state, deviceOf(state, 1), true, pasid).action;
    evolveAttach(state, 1, DEVICE_PASID, external());
    expect(action(9)).toBe('none');
    evolveAttach(state, 1, DEVICE_PASID, external({ nested: true }));
    expect(action(9)).toBe('hold');
    expect(action(1)).toBe('group');
    evolveAttach(state, 1, 1, external({ handler: null }));
    expect(action(1)).toBe('hold');
    evolveDetach(state, 1, DEVICE_PASID);
    expect(action(9)).toBe('none');
  });

  it('rule 23 attachments belong to the IOMMU group', () => {
    const state = layer();
    for (const device of [1, 2]) {
      evolveDevice(state, device, { hasIommu: true, attached: true, canRespond: true, iommuGroup: 8 });
    }
    evolveAttach(state, 8, 3, external({ handler: IOPF_HANDLER, space: 41 }));
    for (const device of [1, 2]) {
      expect(G2.planReport(state, deviceOf(state, device), true, 3).action).toBe('group');
      expect(G2.planReport(state, deviceOf(state, device), true, 1).action).toBe('none');
    }
  });

  it('rule 25 with a handler in place any type is treated as a page request', () => {
    const state = layer();
    expect(G2.planReport(state, deviceOf(state, 1), true, 1, false).action).toBe('group');
    expect(G2.planReport(state, deviceOf(state, 1), false, 1, false).action).toBe('park');
  });

  it('rule 24 R82 without memory for the group, the last fault is answered FAILURE and the others are gone', () => {
    const state = layer();
    const plan = G2.planReport(state, deviceOf(state, 1), true, 1, true, failing('group'));
    expect(plan).toMatchObject({ result: 0, action: 'drop-partials', answer: ResponseCode.FAILURE });
    expect(answerAtOnce(plan, 'stall', true)).toBe(ResponseCode.FAILURE);
  });

  it('rule 24 R82 a handler or a work queue that refuses is answered FAILURE', () => {
    const refused = { result: 0, action: 'abort', answer: ResponseCode.FAILURE, driverCompletes: false };
    const refusing = layer(REFUSER);
    expect(G2.planReport(refusing, deviceOf(refusing, 1), true, 1)).toMatchObject(refused);
    const state = layer();
    const fails = failing('enqueue');
    expect(G2.planReport(state, deviceOf(state, 1), true, 1, true, fails)).toMatchObject(refused);
    expect(fails.asked).toEqual(['group', 'enqueue']);
  });

  it('rule 26 R90 a foreign handler keeps the group: it is pending and on no queue', () => {
    const state = layer(HOLDER);
    expect(report(state, 1, fault(1), true, { generation: G2 })).toBe(0);
    expect(groupOf(state, 1)).toMatchObject({ queue: null, space: NO_SPACE });
    expect(deviceOf(state, 1).pending).toHaveLength(1);
  });

  it('rule 28 R79 without memory a parked fault is lost, and nobody is answered', () => {
    const state = layer();
    const plan = G2.planReport(state, deviceOf(state, 1), false, 1, true, failing('partial-fault'));
    expect(plan).toMatchObject({ result: Errno.ENOMEM, action: 'none', answer: null, refusal: null });
    expect(answerAtOnce(plan, 'pri', false)).toBeNull();
    expect(answerAtOnce(plan, 'stall', true)).toBeNull();
  });

  it('rule 13 R83 all faults of a group are handled where the PASID of the last one led when it was reported', () => {
    const state = layer();
    evolveAttach(state, 1, 2, external({ handler: IOPF_HANDLER, space: 41 }));
    report(state, 1, fault(1), false, { generation: G2 });
    report(state, 1, fault(2, { pasid: 2 }), true, { generation: G2 });
    expect(groupOf(state, 1).space).toBe(41);
    evolveDetach(state, 1, 2);
    expect(groupOf(state, 1).space).toBe(41);
    expect(G2.groupSpace(state, deviceOf(state, 1), 2)).toBe(NO_SPACE);
  });

  it('rule 13 in the 2021 generation each fault is handled in the space of its own PASID', () => {
    const state = layer();
    expect(G1.groupSpace(state, deviceOf(state, 1), 1)).toBe(NO_SPACE);
    expect(G2.groupSpace(state, deviceOf(state, 1), 1)).toBe(40);
  });
});
