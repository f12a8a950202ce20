import { given } from '../../kernel/decider.testkit';
import { IOMMU_PROFILES, type IommuProfile, type IommuProfileName, withQuirks } from '../profile';
import type { HardwareEvent } from './events';
import {
  control,
  device,
  enabledQueue,
  EXECUTE,
  NO_PASID,
  ofKind,
  on,
  pageRequest,
  perform,
  PRIVILEGED,
  READ,
  READ_WRITE,
  ready,
  testHardware,
} from './hardware.testkit';
import type { HardwareState } from './state';

const small = [on, device(), ...enabledQueue(2)];
const injected = (slot: number): HardwareEvent => ({
  kind: 'MemoryFailureInjected',
  target: { at: 'queue-slot', slot },
  failure: 'access',
});

/** A queue of two slots that is full and has lost a message. */
function overflowed(profile: IommuProfileName): { before: HardwareEvent[]; state: HardwareState } {
  const hardware = testHardware(profile);
  const { events, state } = perform(hardware, small, pageRequest(), pageRequest());
  return { before: [...small, ...events], state };
}

describe('R41 the ring', () => {
  it.each([2, 4, 8])('of %d slots holds one record less', (entries) => {
    const requests = Array.from({ length: entries }, () => pageRequest());
    const { events, state } = perform(testHardware(), [on, device(), ...enabledQueue(entries)], ...requests);
    expect(ofKind(events, 'PageRequestQueued').map(({ slot }) => slot)).toEqual(
      Array.from({ length: entries - 1 }, (_, slot) => slot),
    );
    expect(state.queue).toMatchObject({ tail: entries - 1, overflow: true });
  });

  it('R42 a record is the request, without privilege and execute where there is no PASID', () => {
    const permissions = READ_WRITE | EXECUTE | PRIVILEGED;
    const { events } = perform(
      testHardware(),
      ready,
      pageRequest({ permissions }),
      pageRequest({ permissions, pasid: NO_PASID, page: 2 ** 52 - 1, last: false }),
    );
    expect(ofKind(events, 'PageRequestQueued').map(({ record }) => record)).toEqual([
      { deviceId: 16, pasid: 1, page: 5, prgIndex: 3, last: true, permissions },
      { deviceId: 16, pasid: NO_PASID, page: 2 ** 52 - 1, prgIndex: 3, last: false, permissions: READ_WRITE },
    ]);
  });

  it("R42 [vtd] QEMU's records do not store that the request was for execution", () => {
    const executing = pageRequest({ permissions: READ | EXECUTE });
    const kept = (profile: IommuProfile) =>
      ofKind(perform(testHardware(profile), ready, executing).events, 'PageRequestQueued')[0]?.record
        .permissions;
    expect(kept(IOMMU_PROFILES.vtd)).toBe(READ | EXECUTE);
    expect(kept(withQuirks(IOMMU_PROFILES.vtd, { executeNotStored: true }))).toBe(READ);
  });

  it('consuming reads from the head on, around the end of the ring', () => {
    const requests = [1, 2, 3].map((prgIndex) => pageRequest({ prgIndex }));
    const { events, state } = perform(
      testHardware(),
      ready,
      ...requests,
      { kind: 'ConsumeRecords', count: 3 },
      pageRequest({ prgIndex: 4 }),
      pageRequest({ prgIndex: 5 }),
      { kind: 'ConsumeRecords', count: 2 },
    );
    const read = ofKind(events, 'RecordsConsumed').flatMap(({ records }) => records);
    expect(read.map((record) => record?.prgIndex)).toEqual([1, 2, 3, 4, 5]);
    expect(state.queue).toMatchObject({ head: 1, tail: 1 });
  });

  it('the head is kept modulo the ring size', () => {
    const moved = perform(testHardware(), ready, {
      kind: 'SetQueueHead',
      index: 6,
      acknowledgeOverflow: false,
    });
    expect(moved.state.queue.head).toBe(2);
  });
});

describe('R45 a page request and its device', () => {
  const refusal = (before: HardwareEvent[], deviceId = 16) => {
    const { events } = perform(testHardware(), before, pageRequest({ deviceId }));
    return {
      cause: ofKind(events, 'PageRequestRefused')[0]?.cause,
      code: ofKind(events, 'PrgResponseSent')[0]?.code,
      reason: ofKind(events, 'FaultRecorded')[0]?.record.reason,
    };
  };
  const failing = (failure: 'access' | 'corrupt'): HardwareEvent => ({
    kind: 'MemoryFailureInjected',
    target: { at: 'device-entry', deviceId: 16 },
    failure,
  });

  it.each([
    ['iommu-off', 15, 'all-inbound-disallowed', [{ kind: 'ModeSet', mode: 'off' }]],
    ['bypass', 1, 'transaction-type-disallowed', [{ kind: 'ModeSet', mode: 'bypass' }]],
    [
      'device-id-too-wide',
      1,
      'transaction-type-disallowed',
      [{ kind: 'ModeSet', mode: { deviceIdBits: 4 } }],
    ],
    ['device-entry-unreadable', 15, 'device-entry-load-fault', [failing('access')]],
    ['device-entry-corrupt', 15, 'device-entry-corrupt', [failing('corrupt')]],
    ['device-entry-not-valid', 15, 'device-entry-not-valid', [device({ valid: false })]],
    ['device-entry-misconfigured', 15, 'device-entry-misconfigured', [device({ ats: false })]],
    [
      'device-entry-misconfigured',
      15,
      'device-entry-misconfigured',
      [device({ pri: false, responsePasidRequired: true })],
    ],
    ['pri-off', 1, 'transaction-type-disallowed', [device({ pri: false })]],
    ['pri-off', 1, 'transaction-type-disallowed', [device({ pri: false, ats: false })]],
  ] as [string, number, string, HardwareEvent[]][])(
    '%s is answered %d and recorded',
    (cause, code, reason, before) => {
      expect(refusal([...ready, ...before])).toEqual({ cause, code, reason });
    },
  );

  it('a device that nobody configured has no valid entry', () => {
    expect(refusal(ready, 17).cause).toBe('device-entry-not-valid');
  });

  it('R30 a device with PASIDs on responses and PRI is configured well', () => {
    expect(refusal([...ready, device({ responsePasidRequired: true })])).toEqual({});
  });

  it('a device id of the highest width is not too wide', () => {
    const narrow: HardwareEvent = { kind: 'ModeSet', mode: { deviceIdBits: 4 } };
    expect(refusal([...ready, narrow, device({ deviceId: 15 })], 15)).toEqual({});
  });

  it('the valid flag of an entry can be flipped alone, and only of one that is there', () => {
    const off = perform(testHardware(), ready, { kind: 'SetDeviceValid', deviceId: 16, valid: false });
    expect(off.state.devices.get(16)).toMatchObject({ valid: false, pri: true });
    given(testHardware(), ready).when({ kind: 'SetDeviceValid', deviceId: 99, valid: true }).then([]);
  });

  it('R49 the record names the message and its sender', () => {
    const { events } = perform(
      testHardware(),
      [...ready, device({ pri: false })],
      pageRequest({ permissions: READ | PRIVILEGED }),
    );
    expect(ofKind(events, 'FaultRecorded')[0]?.record).toEqual({
      reason: 'transaction-type-disallowed',
      transaction: 'message',
      deviceId: 16,
      pasid: 1,
      privileged: true,
      page: 0,
      offset: 4,
    });
  });

  it('R49 the device hides what is disallowed, and never that its entry cannot be used', () => {
    const hidden = { suppressTranslationFaultRecords: true };
    expect(refusal([...ready, device({ ...hidden, pri: false })])).toEqual({ cause: 'pri-off', code: 1 });
    expect(refusal([...ready, device({ ...hidden, ats: false })]).reason).toBe('device-entry-misconfigured');
  });
});

describe('R46 R48 an automatic response', () => {
  it('carries the PASID the table gives it, and the code of the wire', () => {
    const off = control({ enable: false });
    const { events } = perform(testHardware(), ready, off, pageRequest(), pageRequest({ pasid: NO_PASID }));
    expect(ofKind(events, 'PrgResponseSent')).toEqual([
      { kind: 'PrgResponseSent', deviceId: 16, pasid: 1, prgIndex: 3, code: 15, origin: 'automatic' },
      { kind: 'PrgResponseSent', deviceId: 16, pasid: NO_PASID, prgIndex: 3, code: 15, origin: 'automatic' },
    ]);
  });

  it('R48 an overflow Success has one for a device that requires it', () => {
    const required = [on, device({ responsePasidRequired: true }), ...enabledQueue(2)];
    for (const [before, pasid] of [
      [required, 1],
      [small, NO_PASID],
    ] as const) {
      const { events } = perform(testHardware(), before, pageRequest(), pageRequest());
      expect(ofKind(events, 'PrgResponseSent')).toMatchObject([{ pasid, code: 0 }]);
    }
  });
});

describe('R55 a slot that cannot be written', () => {
  it('sets the memory-fault flag, interrupts, and leaves the tail where it is', () => {
    const { events, state } = perform(testHardware(), [...ready, injected(0)], pageRequest());
    expect(state.queue).toMatchObject({ tail: 0, memoryFault: true, overflow: false });
    expect(ofKind(events, 'InterruptRaised')).toEqual([{ kind: 'InterruptRaised', source: 'pageRequest' }]);
  });

  it('is the slot at the tail and no other, and works again when the failure is gone', () => {
    expect(perform(testHardware(), [...ready, injected(1)], pageRequest()).state.queue.tail).toBe(1);
    const cleared = perform(
      testHardware(),
      [...ready, injected(0)],
      { kind: 'ClearInjectedFailures' },
      pageRequest(),
    );
    expect(cleared.state.queue.tail).toBe(1);
  });

  it('R56 overflow and memory fault are never set together', () => {
    const before = [...overflowed('riscv').before, injected(1)];
    const { state } = perform(
      testHardware(),
      before,
      { kind: 'ConsumeRecords', count: 1 },
      pageRequest(),
      control({ clearOverflow: true }),
      pageRequest(),
      pageRequest(),
    );
    expect(state.queue).toMatchObject({ overflow: false, memoryFault: true });
  });

  it('the flag stays until software clears it, and goes with no other write', () => {
    const { events } = perform(testHardware(), [...ready, injected(0)], pageRequest());
    const before = [...ready, injected(0), ...events];
    expect(perform(testHardware(), before, control({ clearOverflow: true })).state.queue.memoryFault).toBe(
      true,
    );
    expect(perform(testHardware(), before, control({ clearMemoryFault: true })).state.queue.memoryFault).toBe(
      false,
    );
  });
});

describe('leaving an overflow', () => {
  it('R52 software clears the flag; a ring that is still full sets it again', () => {
    const { before } = overflowed('riscv');
    const cleared = perform(testHardware(), before, control({ clearOverflow: true }));
    expect(cleared.state.queue.overflow).toBe(false);
    const again = perform(
      testHardware(),
      before,
      control({ clearOverflow: true }),
      pageRequest({ last: false }),
    );
    expect(again.state.queue.overflow).toBe(true);
  });

  it('R51 it is sticky: an empty ring takes nothing either', () => {
    const { before } = overflowed('riscv');
    const { events } = perform(testHardware(), before, { kind: 'ConsumeRecords', count: 1 }, pageRequest());
    expect(ofKind(events, 'PageRequestRefused')).toMatchObject([{ cause: 'overflow' }]);
  });

  it('R63 [smmu] the flag is acknowledged with the head, in one store', () => {
    const { before } = overflowed('smmu');
    const hardware = testHardware('smmu');
    expect(perform(hardware, before, control({ clearOverflow: true })).state.queue.overflow).toBe(true);
    const moved = (acknowledgeOverflow: boolean) =>
      perform(hardware, before, { kind: 'SetQueueHead', index: 1, acknowledgeOverflow }).state.queue;
    expect(moved(false)).toMatchObject({ head: 1, overflow: true });
    expect(moved(true)).toMatchObject({ head: 1, overflow: false });
  });

  it('R66 [vtd] software writes one to the flag', () => {
    const { before } = overflowed('vtd');
    const { state } = perform(testHardware('vtd'), before, control({ clearOverflow: true }));
    expect(state.queue.overflow).toBe(false);
  });

  it('R67 [amd] the log is stopped and started again, and keeps what it holds', () => {
    const { before } = overflowed('amd');
    const hardware = testHardware('amd');
    const acknowledge = { kind: 'SetQueueHead', index: 0, acknowledgeOverflow: true } as const;
    const written = perform(hardware, before, control({ clearOverflow: true }), acknowledge);
    expect(written.state.queue.overflow).toBe(true);
    const { events, state } = perform(hardware, before, control({ enable: false }), control(), {
      kind: 'ConsumeRecords',
      count: 1,
    });
    expect(state.queue).toMatchObject({ overflow: false, head: 1, tail: 1 });
    expect(ofKind(events, 'RecordsConsumed')).toHaveLength(1);
  });
});

describe('R57 R58 R59 enabling and disabling', () => {
  /** Head 1, tail 2, overflow set. */
  const used = (profile: IommuProfileName) => {
    const hardware = testHardware(profile);
    const before = [on, device(), ...enabledQueue(4)];
    const requests = [1, 2].map((prgIndex) => pageRequest({ prgIndex }));
    const { events } = perform(hardware, before, ...requests, { kind: 'ConsumeRecords', count: 1 });
    return { hardware, before: [...before, ...events, { kind: 'QueueFlagSet', flag: 'overflow' } as const] };
  };

  it('R57 disabling keeps flags, indexes and records', () => {
    const { hardware, before } = used('riscv');
    const { state } = perform(hardware, before, control({ enable: false }));
    expect(state.queue).toMatchObject({ enabled: false, head: 1, tail: 2, overflow: true });
    expect(state.queue.slots[1]?.prgIndex).toBe(2);
  });

  it.each([
    ['riscv', { head: 1, tail: 0 }],
    ['smmu', { head: 1, tail: 2 }],
    ['vtd', { head: 0, tail: 0 }],
    ['amd', { head: 1, tail: 2 }],
  ] as const)('R58 [%s] enabling clears the flags and leaves the indexes %j', (profile, indexes) => {
    const { hardware, before } = used(profile);
    const { state } = perform(hardware, before, control({ enable: false }), control());
    expect(state.queue).toMatchObject({ enabled: true, overflow: false, ...indexes });
  });

  it('R58 enabling clears the memory fault too', () => {
    const flagged = [...ready, { kind: 'QueueFlagSet', flag: 'memory-fault' } as const];
    expect(perform(testHardware(), flagged, control()).state.queue.memoryFault).toBe(true);
    const restarted = perform(testHardware(), flagged, control({ enable: false }), control());
    expect(restarted.state.queue.memoryFault).toBe(false);
  });

  it('writing the register of a queue that is on moves nothing', () => {
    for (const profile of ['riscv', 'vtd'] as const) {
      const { hardware, before } = used(profile);
      const { state } = perform(hardware, before, control({ interruptEnable: false }));
      expect(state.queue).toMatchObject({ head: 1, tail: 2, overflow: true, interruptEnabled: false });
      expect(state.queue.slots[1]?.prgIndex).toBe(2);
    }
  });

  it('R58 the reference model leaves stale records in the slots', () => {
    const quirky = testHardware(withQuirks(IOMMU_PROFILES.riscv, { staleRecords: true }));
    for (const [hardware, prgIndex] of [
      [quirky, 2],
      [testHardware(), undefined],
    ] as const) {
      const { before } = used('riscv');
      const { events } = perform(hardware, before, control({ enable: false }), control(), {
        kind: 'ConsumeRecords',
        count: 1,
      });
      expect(ofKind(events, 'RecordsConsumed')[0]?.records[0]?.prgIndex).toBe(prgIndex);
    }
  });

  it('R59 the ring is programmed only while the queue is off, and holds zeroes then', () => {
    const { hardware, before } = used('riscv');
    given(hardware, before).when({ kind: 'ConfigureQueue', entries: 8 }).then([]);
    const off = perform(hardware, before, control({ enable: false }), { kind: 'ConfigureQueue', entries: 8 });
    expect(off.state.queue).toMatchObject({ head: 0, slots: new Array(8).fill(null) });
  });
});
