import type { HardwareCommand } from './commands';
import type { HardwareEvent } from './events';
import {
  access,
  control,
  device,
  fence,
  invalidation,
  leaf,
  mapped,
  NO_PASID,
  ofKind,
  on,
  pageRequest,
  perform,
  PRIVILEGED,
  READ,
  ready,
  submit,
  testHardware,
  translation,
} from './hardware.testkit';
import { memoryKey } from './memory';

/** What one command brings about, and nothing else. */
function events(before: readonly HardwareEvent[], ...commands: readonly HardwareCommand[]): HardwareEvent[] {
  return perform(testHardware(), before, ...commands).events;
}

const bound = (deviceId: number, pasid: number): HardwareEvent => ({
  kind: 'PasidBound',
  deviceId,
  pasid,
  supervisorAllowed: false,
  supervisorMayAccessUser: false,
});

describe('hardware after its reset', () => {
  it('has an empty ring that is off, caches nothing, and refuses everything', () => {
    const hardware = testHardware();
    expect(hardware.initial()).toMatchObject({ mode: 'off', iotlb: [] });
    expect(hardware.initial().queue).toEqual({
      enabled: false,
      interruptEnabled: false,
      overflow: false,
      memoryFault: false,
      head: 0,
      tail: 0,
      slots: [null, null],
    });
    expect(perform(hardware, [], pageRequest()).events[0]).toMatchObject({ cause: 'iommu-off' });
  });
});

describe('the memory that software writes', () => {
  const settings = (device() as Extract<HardwareEvent, { kind: 'DeviceSet' }>).device;
  const place = { deviceId: 16, pasid: 4 };

  const writes: [HardwareCommand, HardwareEvent[]][] = [
    [{ kind: 'SetMode', mode: 'bypass' }, [{ kind: 'ModeSet', mode: 'bypass' }]],
    [{ kind: 'SetDevice', device: settings }, [{ kind: 'DeviceSet', device: settings }]],
    [
      { kind: 'BindPasid', ...place, supervisorAllowed: true, supervisorMayAccessUser: false },
      [{ kind: 'PasidBound', ...place, supervisorAllowed: true, supervisorMayAccessUser: false }],
    ],
    [{ kind: 'UnbindPasid', ...place }, [{ kind: 'PasidUnbound', ...place }]],
    [{ kind: 'MapLeaf', ...place, leaf: leaf() }, [{ kind: 'LeafMapped', ...place, leaf: leaf() }]],
    [
      { kind: 'UnmapLeaf', ...place, page: 5, pages: 1 },
      [{ kind: 'LeafUnmapped', ...place, page: 5, pages: 1 }],
    ],
    [
      { kind: 'InjectMemoryFailure', target: { at: 'queue-slot', slot: 3 }, failure: 'access' },
      [{ kind: 'MemoryFailureInjected', target: { at: 'queue-slot', slot: 3 }, failure: 'access' }],
    ],
    [{ kind: 'SetDeviceValid', deviceId: 99, valid: true }, []],
  ];

  it.each(writes.map(([command, expected]) => ({ kind: command.kind, command, expected })))(
    '$kind',
    ({ command, expected }) => {
      expect(events(ready, command)).toEqual(expected);
    },
  );

  it('may be about tables that are not there, which changes nothing', () => {
    const hardware = testHardware();
    const { state } = perform(hardware, ready);
    const before = structuredClone(state);
    for (const event of [
      { kind: 'PasidUnbound', deviceId: 99, pasid: 1 },
      { kind: 'LeafMapped', deviceId: 16, pasid: 9, leaf: leaf() },
      { kind: 'LeafUnmapped', deviceId: 16, pasid: 1, page: 512, pages: 512 },
      { kind: 'LeafUnmapped', deviceId: 16, pasid: 9, page: 5, pages: 1 },
      { kind: 'LeafMarked', deviceId: 16, pasid: 9, page: 5, dirty: true },
      { kind: 'LeafMarked', deviceId: 16, pasid: 1, page: 5, dirty: true },
    ] as const)
      hardware.evolve(state, event);
    expect(state).toEqual(before);
  });

  it('fails where it is told to, and nowhere else', () => {
    const place = { deviceId: 1, pasid: 2, page: 3 };
    const keys = [
      ...[0, 1].map((slot) => memoryKey({ at: 'queue-slot', slot })),
      ...[0, 1].map((slot) => memoryKey({ at: 'fence-slot', slot })),
      ...[1, 12].map((deviceId) => memoryKey({ at: 'device-entry', deviceId })),
      ...[2, 3].map((pasid) => memoryKey({ at: 'process-entry', deviceId: 1, pasid })),
      memoryKey({ at: 'process-entry', deviceId: 12, pasid: 3 }),
      memoryKey({ at: 'page-table-entry', ...place }),
      memoryKey({ at: 'page-table-entry', ...place, page: 4 }),
      memoryKey({ at: 'page-table-entry', ...place, pasid: 4 }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.every((key) => typeof key === 'string')).toBe(true);
    const broken: HardwareEvent = {
      kind: 'MemoryFailureInjected',
      target: { at: 'process-entry', deviceId: 16, pasid: 2 },
      failure: 'access',
    };
    const answers = ofKind(
      events([...ready, bound(16, 2), mapped(), broken], access(), access({ pasid: 2 })),
      'UntranslatedAccessAnswered',
    );
    expect(answers.map(({ status }) => status)).toEqual(['success', 'completer-abort']);
  });
});

describe('everything that a request brings about', () => {
  it('R127 an access that goes through is walked and cached, or only walked where there is no cache', () => {
    const passed = { kind: 'UntranslatedAccessAnswered', status: 'success', frame: 0x900, pages: 1 };
    expect(events([...ready, mapped()], access())).toMatchObject([{ kind: 'TranslationCached' }, passed]);
    const uncached = perform(testHardware('riscv', { iotlbEntries: 0 }), [...ready, mapped()], access());
    expect(uncached.events).toEqual([passed]);
  });

  it('R4 a translation that is found is a success', () => {
    expect(events([...ready, mapped()], translation())).toEqual([
      {
        kind: 'TranslationAnswered',
        status: 'success',
        permissions: 3,
        global: false,
        frame: 0x900,
        pages: 1,
      },
    ]);
  });

  it.each([
    ['an access', access(), access({ permissions: READ | PRIVILEGED })],
    ['a translation', translation(), translation({ permissions: READ | PRIVILEGED })],
    ['a page request', pageRequest(), pageRequest({ permissions: READ | PRIVILEGED })],
  ])('R49 the record of %s says whether it was privileged', (_name, ordinary, privileged) => {
    const invalid = [...ready, device({ valid: false })];
    const records = ofKind(events(invalid, ordinary, privileged), 'FaultRecorded');
    expect(records.map(({ record }) => record.privileged)).toEqual([false, true]);
  });

  it('R49 R68 no record and no interrupt comes of what is suppressed, or of what finds the queue flagged', () => {
    const aborted = { kind: 'UntranslatedAccessAnswered', status: 'unsupported-request', frame: 0, pages: 0 };
    expect(events([...ready, device({ suppressTranslationFaultRecords: true })], access())).toEqual([
      aborted,
    ]);
    const full = events(ready, access(), access(), access());
    const lost = events(
      [...ready, ...full],
      { kind: 'AcknowledgeInterrupts', pageRequest: false, fault: true, command: false },
      access(),
    );
    expect(lost).toEqual([
      { kind: 'InterruptsAcknowledged', sources: ['fault'] },
      { kind: 'FaultQueueOverflowed' },
      { kind: 'InterruptRaised', source: 'fault' },
      aborted,
    ]);
    expect(events([...ready, ...full, ...lost], access())).toEqual([aborted]);
    const smmu = perform(testHardware('smmu'), [...ready, ...full, ...lost], access());
    expect(smmu.events).toEqual([aborted]);
  });

  it('R60 the mask of page requests hides their interrupt alone, and a pending one is not raised again', () => {
    const masked = [...ready, ...events(ready, control({ interruptEnable: false }))];
    expect(events(masked, pageRequest())).toMatchObject([{ kind: 'PageRequestQueued' }]);
    expect(ofKind(events(masked, access(), submit({ op: 'illegal' })), 'InterruptRaised')).toEqual([
      { kind: 'InterruptRaised', source: 'fault' },
      { kind: 'InterruptRaised', source: 'command' },
    ]);
    expect(events([...ready, ...events(ready, pageRequest())], pageRequest())).toMatchObject([
      { kind: 'PageRequestQueued', slot: 1 },
    ]);
  });

  it('R62 a fence that orders nothing is executed and written', () => {
    expect(events(ready, submit(fence))).toEqual([
      { kind: 'CommandSubmitted', command: fence },
      { kind: 'CommandExecuted' },
      { kind: 'FenceWritten', slot: 0, data: 7 },
    ]);
  });

  it('R27 a completion counts for the tags it names', () => {
    const sent = [...ready, ...events(ready, submit(invalidation))];
    const completed = { kind: 'ReceiveInvalidationCompletion', deviceId: 16, tags: [0], count: 1 } as const;
    expect(events(sent, completed)).toEqual([
      { kind: 'InvalidationCompletionCounted', tag: 0, received: 1, freed: true },
      { kind: 'InvalidationCompletionReceived', result: 'accepted' },
    ]);
    expect(events(sent, { ...completed, tags: [1] })).toEqual([
      { kind: 'InvalidationCompletionReceived', result: 'unexpected' },
    ]);
    expect(events(sent, { kind: 'ExpireInvalidations', tags: [0] })).toEqual([
      { kind: 'InvalidationsExpired', tags: [0] },
    ]);
  });
});

describe('the command queue and its flags', () => {
  const clear = { kind: 'ClearCommandFlags', timeout: false, illegal: true, memoryFault: false } as const;

  it('R62 software clears the flags that it names, and replaces only a command that halted the queue', () => {
    expect(events(ready, clear)).toEqual([{ kind: 'CommandFlagsCleared', flags: ['illegal'] }]);
    expect(events(ready, { kind: 'ReplaceHaltedCommand' })).toEqual([]);
  });

  it('R62 a timeout that no fence has reported yet survives a halt for another reason', () => {
    const { state } = perform(
      testHardware(),
      ready,
      submit(invalidation),
      { kind: 'ExpireInvalidations', tags: [0] },
      submit({ op: 'illegal' }),
      { kind: 'ReplaceHaltedCommand' },
      clear,
      submit(fence),
    );
    expect(state.commands.flags).toEqual({ timeout: true, illegal: false, memoryFault: false });
  });
});

describe('address spaces of their own', () => {
  const other = device({ deviceId: 17 });

  it('R62 the cache serves nobody a translation of another PASID or device', () => {
    const before = [...ready, other, bound(16, 2), bound(17, 1), mapped()];
    const statuses = (message: HardwareCommand) =>
      ofKind(events(before, access(), message), 'UntranslatedAccessAnswered').map(({ status }) => status);
    expect(statuses(access({ pasid: 2 }))).toEqual(['success', 'unsupported-request']);
    expect(statuses(access({ deviceId: 17 }))).toEqual(['success', 'unsupported-request']);
    expect(statuses(access())).toEqual(['success', 'success']);
  });

  it('R6 that of a device without PASIDs is for ordinary accesses', () => {
    const own = [on, device({ pasidBits: 0 }), mapped({}, NO_PASID)];
    const reads = (permissions: number) => events(own, access({ pasid: NO_PASID, permissions }));
    expect(ofKind(reads(READ), 'UntranslatedAccessAnswered')).toMatchObject([{ status: 'success' }]);
    expect(ofKind(reads(READ | PRIVILEGED), 'FaultRecorded')).toMatchObject([
      { record: { reason: 'transaction-type-disallowed' } },
    ]);
  });
});
