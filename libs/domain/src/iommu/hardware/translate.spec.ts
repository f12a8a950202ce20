import { IOMMU_PROFILES, type IommuProfile, type IommuProfileName, withQuirks } from '../profile';
import type { HardwareCommand } from './commands';
import type { HardwareConfig } from './config';
import type { HardwareEvent, TranslationAnswered } from './events';
import {
  device,
  EXECUTE,
  mapped,
  NO_PASID,
  ofKind,
  perform,
  PRIVILEGED,
  READ,
  READ_WRITE,
  ready,
  testHardware,
  translation,
  WRITE,
} from './hardware.testkit';

interface Setting {
  profile?: IommuProfileName | IommuProfile;
  config?: Partial<HardwareConfig>;
}

function translate(
  before: readonly HardwareEvent[],
  command: HardwareCommand = translation(),
  { profile, config }: Setting = {},
): Omit<TranslationAnswered, 'kind'> & { reason?: string } {
  const { events } = perform(testHardware(profile, config), [...ready, ...before], command);
  const [{ kind: _kind, ...answer } = never()] = ofKind(events, 'TranslationAnswered');
  const reason = ofKind(events, 'FaultRecorded')[0]?.record.reason;
  return reason === undefined ? answer : { ...answer, reason };
}

function never(): never {
  throw new Error('the request was not answered');
}

const MISS = { status: 'success', permissions: 0, global: false, frame: 0, pages: 0 };
const REFUSED = { ...MISS, status: 'unsupported-request', reason: 'transaction-type-disallowed' };
const failing = (
  at: 'process-entry' | 'device-entry',
  failure: 'access' | 'corrupt',
  pasid = 1,
): HardwareEvent => ({
  kind: 'MemoryFailureInjected',
  target: at === 'device-entry' ? { at, deviceId: 16 } : { at, deviceId: 16, pasid },
  failure,
});

describe('R2 a miss is a successful completion without a record', () => {
  it.each([
    ['a page that is not mapped', [], translation()],
    ['a PASID that is not bound', [], translation({ pasid: 2 })],
    ['an address whose sign bits differ', [mapped()], translation({ page: 5 + 2 ** 27 })],
    ['a page of another mode', [mapped({ user: false })], translation()],
  ])('%s', (_what, before, command) => {
    expect(translate(before, command)).toEqual(MISS);
  });

  it('a mapping in a PASID that is not bound reaches no table', () => {
    expect(translate([mapped({}, 2)], translation({ pasid: 2 }))).toEqual(MISS);
    const unmapped: HardwareEvent = { kind: 'LeafUnmapped', deviceId: 16, pasid: 2, page: 5, pages: 1 };
    expect(translate([mapped(), unmapped]).frame).toBe(0x900);
  });

  it.each([
    ['the highest page below the sign bit', 2 ** 26 - 1, true],
    ['the page at the sign bit', 2 ** 26, false],
    ['the page below the copies of the sign', 2 ** 52 - 2 ** 26 - 1, false],
    ['the lowest page with a negative sign', 2 ** 52 - 2 ** 26, true],
    ['the highest page', 2 ** 52 - 1, true],
  ])('Sv39: %s', (_what, page, translatable) => {
    expect(translate([mapped({ page })], translation({ page })).frame).toBe(translatable ? 0x900 : 0);
  });

  it('the first stage is part of the configuration', () => {
    const page = 2 ** 35 - 1;
    expect(translate([mapped({ page })], translation({ page }))).toEqual(MISS);
    expect(
      translate([mapped({ page })], translation({ page }), { config: { firstStage: 'Sv48' } }).frame,
    ).toBe(0x900);
    const large = mapped({ page: 0, pages: 512 ** 3, frame: 512 ** 3 });
    const far = translation({ page: 512 ** 3 - 1 });
    expect(translate([large], far, { config: { firstStage: 'Sv48' } }).pages).toBe(512 ** 3);
    expect(translate([large], translation({ page: 7 }))).toEqual(MISS);
  });
});

describe('R3 errors', () => {
  it.each([
    ['ATS is off', [device({ ats: false, pri: false })], translation(), REFUSED],
    ['a PASID on a device without PASIDs', [device({ pasidBits: 0 })], translation({ pasid: 0 }), REFUSED],
    ['a PASID wider than configured', [device({ pasidBits: 8 })], translation({ pasid: 256 }), REFUSED],
    [
      'no supervisors in this PASID',
      [
        {
          kind: 'PasidBound',
          deviceId: 16,
          pasid: 1,
          supervisorAllowed: false,
          supervisorMayAccessUser: false,
        } as const,
      ],
      translation({ permissions: READ | PRIVILEGED }),
      REFUSED,
    ],
    [
      'no valid entry',
      [device({ valid: false })],
      translation(),
      { ...REFUSED, reason: 'device-entry-not-valid' },
    ],
    [
      'an entry that cannot be read',
      [failing('device-entry', 'access')],
      translation(),
      { ...REFUSED, reason: 'device-entry-load-fault' },
    ],
    [
      'a poisoned entry',
      [failing('device-entry', 'corrupt')],
      translation(),
      { ...REFUSED, status: 'completer-abort', reason: 'device-entry-corrupt' },
    ],
    [
      'a process entry that cannot be read',
      [failing('process-entry', 'access')],
      translation(),
      { ...REFUSED, status: 'completer-abort', reason: 'process-entry-load-fault' },
    ],
    [
      'a poisoned process entry',
      [failing('process-entry', 'corrupt')],
      translation(),
      { ...REFUSED, status: 'completer-abort', reason: 'process-entry-corrupt' },
    ],
    ['the IOMMU in bypass', [{ kind: 'ModeSet', mode: 'bypass' } as const], translation(), REFUSED],
    [
      'the IOMMU off',
      [{ kind: 'ModeSet', mode: 'off' } as const],
      translation(),
      { ...REFUSED, reason: 'all-inbound-disallowed' },
    ],
  ])('%s', (_what, before, command, answer) => {
    expect(translate([mapped(), ...before], command)).toEqual(answer);
  });

  it('the widest PASID that is configured is not too wide', () => {
    expect(translate([device({ pasidBits: 8 })], translation({ pasid: 255 }))).toEqual(MISS);
  });

  it('[smmu] an entry that cannot be used aborts; that ATS is off is still unsupported', () => {
    const smmu = { profile: 'smmu' } as const;
    expect(translate([device({ valid: false })], translation(), smmu).status).toBe('completer-abort');
    expect(translate([failing('device-entry', 'access')], translation(), smmu).status).toBe(
      'completer-abort',
    );
    expect(translate([device({ ats: false })], translation(), smmu).status).toBe('completer-abort');
    expect(translate([device({ ats: false, pri: false })], translation(), smmu).status).toBe(
      'unsupported-request',
    );
  });

  it('the record names the address to the byte, and the mode', () => {
    const { events } = perform(
      testHardware(),
      [...ready, device({ ats: false, pri: false })],
      translation({ offset: 0x123, permissions: READ | PRIVILEGED }),
    );
    expect(ofKind(events, 'FaultRecorded')[0]?.record).toEqual({
      reason: 'transaction-type-disallowed',
      transaction: 'translation-request',
      deviceId: 16,
      pasid: 1,
      privileged: true,
      page: 5,
      offset: 0x123,
    });
  });

  it('R49 suppression hides what is disallowed and unreadable tables, not an unusable entry', () => {
    const hidden = { suppressTranslationFaultRecords: true };
    const status = (before: HardwareEvent[]) => {
      const { status, reason } = translate(before);
      return [status, reason];
    };
    expect(status([device({ ...hidden, ats: false, pri: false })])).toEqual([
      'unsupported-request',
      undefined,
    ]);
    expect(status([device(hidden), failing('process-entry', 'corrupt')])).toEqual([
      'completer-abort',
      undefined,
    ]);
    expect(status([device({ ...hidden, valid: false })])).toEqual([
      'unsupported-request',
      'device-entry-not-valid',
    ]);
  });
});

describe('R3 a page table entry that cannot be read', () => {
  const broken = (page: number, failure: 'access' | 'corrupt' = 'access'): HardwareCommand => ({
    kind: 'InjectMemoryFailure',
    target: { at: 'page-table-entry', deviceId: 16, pasid: 1, page },
    failure,
  });
  const reasonAt = (page: number, before: HardwareEvent[], ...commands: HardwareCommand[]) => {
    const { events } = perform(testHardware(), [...ready, ...before], ...commands, translation({ page }));
    return ofKind(events, 'FaultRecorded')[0]?.record.reason;
  };

  it('aborts, whether a leaf is there or not', () => {
    expect(reasonAt(5, [mapped()], broken(5))).toBe('read-access-fault');
    expect(reasonAt(5, [], broken(5))).toBe('read-access-fault');
    expect(reasonAt(5, [mapped()], broken(5, 'corrupt'))).toBe('page-table-corrupt');
  });

  it('is one entry for all pages of a large leaf, and no other', () => {
    const large = mapped({ page: 512, pages: 512, frame: 512 });
    expect(reasonAt(1023, [large], broken(600))).toBe('read-access-fault');
    expect(reasonAt(1024, [large], broken(600))).toBeUndefined();
    expect(reasonAt(6, [mapped()], broken(5))).toBeUndefined();
  });

  it('of a PASID that is not bound is only the page itself', () => {
    const { events } = perform(testHardware(), ready, {
      kind: 'InjectMemoryFailure',
      target: { at: 'page-table-entry', deviceId: 16, pasid: 2, page: 2 ** 27 + 5 },
      failure: 'access',
    });
    expect(ofKind(events, 'MemoryFailureInjected')).toMatchObject([{ target: { page: 5 } }]);
  });
});

describe('R4 R5 a completion shows what exists', () => {
  it.each([
    ['r--', READ, READ_WRITE, READ],
    ['rw-', READ_WRITE, READ, READ_WRITE],
    ['rw- asked for execution', READ_WRITE, READ_WRITE | EXECUTE, READ_WRITE],
    ['r-x', READ | EXECUTE, READ, READ],
    ['r-x asked for execution', READ | EXECUTE, READ | EXECUTE, READ | EXECUTE],
    ['--x asked for execution', EXECUTE, READ | EXECUTE, 0],
  ])('%s', (_what, permissions, asked, shown) => {
    expect(translate([mapped({ permissions })], translation({ permissions: asked })).permissions).toBe(shown);
  });

  it.each([
    [1, 5, 5],
    [512, 512, 1023],
    [512 * 512, 0, 512 * 512 - 1],
  ])('R4 the size is that of the leaf: %d pages', (pages, page, last) => {
    const frame = pages * 3;
    const answer = translate([mapped({ page, pages, frame })], translation({ page: last }));
    expect(answer).toMatchObject({ frame, pages });
    expect(translate([mapped({ page, pages, frame })], translation({ page: last + 1 }))).toEqual(MISS);
  });

  it('a leaf of the same place and size makes way, and one that is removed is gone', () => {
    expect(translate([mapped(), mapped({ frame: 0x901 })]).frame).toBe(0x901);
    const removed: HardwareEvent = { kind: 'LeafUnmapped', deviceId: 16, pasid: 1, page: 5, pages: 1 };
    expect(translate([mapped(), removed])).toEqual(MISS);
  });

  it('a new binding of a PASID has an empty table, and a second bind of one keeps it', () => {
    const bound: HardwareEvent = {
      kind: 'PasidBound',
      deviceId: 16,
      pasid: 1,
      supervisorAllowed: true,
      supervisorMayAccessUser: true,
    };
    expect(translate([mapped(), bound]).frame).toBe(0x900);
    expect(translate([mapped(), { kind: 'PasidUnbound', deviceId: 16, pasid: 1 }, bound])).toEqual(MISS);
  });
});

describe('R6 privilege', () => {
  const asking = (permissions: number) => translation({ permissions: permissions | PRIVILEGED });
  const mayAccessUser: HardwareEvent = {
    kind: 'PasidBound',
    deviceId: 16,
    pasid: 1,
    supervisorAllowed: true,
    supervisorMayAccessUser: true,
  };
  const all = READ_WRITE | EXECUTE;

  it('a supervisor has supervisor pages, and user pages only if it may, and never to execute', () => {
    const own = mapped({ user: false, permissions: all });
    const others = mapped({ permissions: all });
    expect(translate([own], asking(all)).permissions).toBe(all | PRIVILEGED);
    expect(translate([others], asking(READ)).permissions).toBe(PRIVILEGED);
    expect(translate([others, mayAccessUser], asking(READ)).permissions).toBe(READ_WRITE | PRIVILEGED);
    expect(translate([others, mayAccessUser], asking(READ | EXECUTE)).permissions).toBe(PRIVILEGED);
    expect(translate([own, mayAccessUser], asking(READ | EXECUTE)).permissions).toBe(all | PRIVILEGED);
  });

  it('Global shows the table, with a PASID, even where an execute-only page grants nothing', () => {
    expect(translate([mapped({ global: true })]).global).toBe(true);
    expect(translate([mapped({ global: true, permissions: EXECUTE })])).toEqual({ ...MISS, global: true });
    expect(translate([mapped({ global: true, user: false })]).global).toBe(false);
    const nobody = device({ pasidBits: 0 });
    expect(
      translate([nobody, mapped({ global: true }, NO_PASID)], translation({ pasid: NO_PASID })),
    ).toMatchObject({
      global: false,
      frame: 0x900,
    });
  });

  it('[smmu] Global is never reported', () => {
    expect(translate([mapped({ global: true })], translation(), { profile: 'smmu' }).global).toBe(false);
  });
});

describe('R7 write means dirty, now', () => {
  const clean = { dirty: false };
  const managed = device({ hardwareAccessedDirty: false });
  const leafAfter = (before: HardwareEvent[], command = translation()) => {
    const { state } = perform(testHardware(), [...ready, ...before], command);
    const leaf = state.spaces.get(16)?.get(1)?.table.get(1)?.get(5);
    return { accessed: leaf?.accessed, dirty: leaf?.dirty };
  };

  it('the request for which the IOMMU sets dirty is granted write', () => {
    expect(translate([mapped(clean)]).permissions).toBe(READ_WRITE);
    expect(leafAfter([mapped(clean)])).toEqual({ accessed: true, dirty: true });
  });

  it('the reference model grants it to the next request', () => {
    const profile = withQuirks(IOMMU_PROFILES.riscv, { sampleDirtyBeforeUpdate: true });
    expect(translate([mapped(clean)], translation(), { profile }).permissions).toBe(READ);
    expect(translate([mapped()], translation(), { profile }).permissions).toBe(READ_WRITE);
  });

  it('a request without write never marks dirty, and gets write only if the page is', () => {
    const reading = translation({ permissions: READ });
    expect(translate([mapped(clean)], reading).permissions).toBe(READ);
    expect(leafAfter([mapped({ ...clean, accessed: false })], reading)).toEqual({
      accessed: true,
      dirty: false,
    });
    expect(translate([mapped()], reading).permissions).toBe(READ_WRITE);
  });

  it('a page that cannot be written is not marked dirty', () => {
    expect(leafAfter([mapped({ ...clean, permissions: READ, accessed: false })])).toEqual({
      accessed: true,
      dirty: false,
    });
  });

  it('marking is an event of its own, and there is none when nothing changes', () => {
    const marks = (overrides: object) =>
      ofKind(perform(testHardware(), [...ready, mapped(overrides)], translation()).events, 'LeafMarked');
    expect(marks({})).toEqual([]);
    expect(marks(clean)).toEqual([{ kind: 'LeafMarked', deviceId: 16, pasid: 1, page: 5, dirty: true }]);
    expect(marks({ accessed: false })).toEqual([
      { kind: 'LeafMarked', deviceId: 16, pasid: 1, page: 5, dirty: false },
    ]);
  });

  it('an IOMMU that may not mark misses a write to a clean page, and any request to one not accessed', () => {
    expect(translate([managed, mapped(clean)])).toEqual(MISS);
    expect(translate([managed, mapped(clean)], translation({ permissions: READ })).permissions).toBe(READ);
    expect(translate([managed, mapped({ accessed: false })], translation({ permissions: READ }))).toEqual(
      MISS,
    );
    expect(translate([managed, mapped({ ...clean, permissions: READ })]).permissions).toBe(READ);
    expect(translate([managed, mapped()], translation({ permissions: READ | WRITE })).permissions).toBe(
      READ_WRITE,
    );
    expect(leafAfter([managed, mapped({ ...clean, accessed: false })])).toEqual({
      accessed: false,
      dirty: false,
    });
  });
});

describe('R24 requests without a PASID', () => {
  const bare = translation({ pasid: NO_PASID, page: 1000 });
  const zero: HardwareEvent = {
    kind: 'PasidBound',
    deviceId: 16,
    pasid: 0,
    supervisorAllowed: false,
    supervisorMayAccessUser: false,
  };

  it('are not translated on a device with PASIDs', () => {
    expect(translate([zero, mapped({ page: 1000 }, 0)], bare)).toEqual({
      status: 'success',
      permissions: READ_WRITE,
      global: false,
      frame: 512,
      pages: 512,
    });
  });

  it('have no privilege and execute, whatever their bits say', () => {
    const bits = translation({ pasid: NO_PASID, page: 1000, permissions: READ | EXECUTE | PRIVILEGED });
    const own = [device({ pasidBits: 0 }), mapped({ page: 1000, permissions: READ | EXECUTE }, NO_PASID)];
    expect(translate(own, bits)).toMatchObject({ permissions: READ, frame: 0x900 });
    expect(translate([device({ pasidBits: 0 })], bits)).toEqual(MISS);
  });

  it('use PASID 0 where that is the default, and miss if it is not bound', () => {
    const defaulting = device({ defaultPasidZero: true });
    expect(translate([defaulting, zero, mapped({ page: 1000 }, 0)], bare).frame).toBe(0x900);
    expect(translate([defaulting], bare)).toEqual(MISS);
    expect(translate([defaulting, zero, failing('process-entry', 'access', 0)], bare).reason).toBe(
      'process-entry-load-fault',
    );
  });

  it('use the own table of a device without PASIDs, default or not, which a new entry keeps', () => {
    for (const defaultPasidZero of [false, true]) {
      const own = device({ pasidBits: 0, defaultPasidZero });
      expect(translate([own, mapped({ page: 1000 }, NO_PASID), own], bare).frame).toBe(0x900);
      expect(translate([own], bare)).toEqual(MISS);
    }
  });
});
