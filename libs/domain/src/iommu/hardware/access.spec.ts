import type { HardwareCommand } from './commands';
import type { HardwareConfig } from './config';
import type { HardwareEvent } from './events';
import {
  access,
  device,
  EXECUTE,
  leaf,
  mapped,
  NO_PASID,
  ofKind,
  perform,
  PRIVILEGED,
  READ,
  READ_WRITE,
  ready,
  submit,
  testHardware,
  translation,
  WRITE,
} from './hardware.testkit';

function accessed(
  before: readonly HardwareEvent[],
  commands: readonly HardwareCommand[] = [access()],
  config: Partial<HardwareConfig> = {},
): (string | number | undefined)[] {
  const { events } = perform(testHardware('riscv', config), [...ready, ...before], ...commands);
  const answer = ofKind(events, 'UntranslatedAccessAnswered').at(-1);
  const reason = ofKind(events, 'FaultRecorded').at(-1)?.record.reason;
  return answer?.status === 'success' ? [answer.frame, answer.pages] : [answer?.status, reason];
}

const remap = (frame: number): HardwareCommand => ({
  kind: 'MapLeaf',
  deviceId: 16,
  pasid: 1,
  leaf: leaf({ frame }),
});
const invalidate = (page: number | null, pasid = 1, deviceId = 16): HardwareCommand =>
  submit({ op: 'invalidate-iotlb', deviceId, pasid, page });

describe('R127 an untranslated access that faults is aborted and recorded', () => {
  it.each([
    ['read', READ, 'untranslated-read', 'read-page-fault'],
    ['write', WRITE, 'untranslated-write', 'write-page-fault'],
    ['execution', EXECUTE, 'untranslated-execute', 'instruction-page-fault'],
  ] as const)('%s', (_what, permissions, transaction, reason) => {
    const { events } = perform(testHardware(), ready, access({ permissions: permissions | PRIVILEGED }));
    expect(ofKind(events, 'FaultRecorded')[0]?.record).toEqual({
      reason,
      transaction,
      deviceId: 16,
      pasid: 1,
      privileged: true,
      page: 5,
      offset: 0x123,
    });
    expect(ofKind(events, 'UntranslatedAccessAnswered')).toMatchObject([{ status: 'unsupported-request' }]);
    expect(ofKind(events, 'PageRequestQueued')).toEqual([]);
  });

  it('needs the permission it uses, though a translation request would only be shown less', () => {
    const readable = mapped({ permissions: READ });
    expect(accessed([readable])).toEqual([0x900, 1]);
    expect(accessed([readable], [access({ permissions: WRITE })])).toEqual([
      'unsupported-request',
      'write-page-fault',
    ]);
    expect(accessed([readable], [access({ permissions: EXECUTE })])).toEqual([
      'unsupported-request',
      'instruction-page-fault',
    ]);
  });

  it.each([
    ['the IOMMU off', [{ kind: 'ModeSet', mode: 'off' }], 'unsupported-request', 'all-inbound-disallowed'],
    ['no valid entry', [device({ valid: false })], 'unsupported-request', 'device-entry-not-valid'],
    ['a PASID too wide', [device({ pasidBits: 0 })], 'unsupported-request', 'transaction-type-disallowed'],
    [
      'a PASID that is not bound',
      [{ kind: 'PasidUnbound', deviceId: 16, pasid: 1 }],
      'unsupported-request',
      'process-entry-not-valid',
    ],
    [
      'a poisoned process entry',
      [
        {
          kind: 'MemoryFailureInjected',
          target: { at: 'process-entry', deviceId: 16, pasid: 1 },
          failure: 'corrupt',
        },
      ],
      'completer-abort',
      'process-entry-corrupt',
    ],
  ] as [string, HardwareEvent[], string, string][])('%s', (_what, before, status, reason) => {
    expect(accessed([mapped(), ...before])).toEqual([status, reason]);
  });

  it.each([
    [READ, 'read-access-fault'],
    [WRITE, 'write-access-fault'],
    [EXECUTE, 'instruction-access-fault'],
  ])('a table that cannot be read, permissions %d', (permissions, reason) => {
    const target = { at: 'page-table-entry', deviceId: 16, pasid: 1, page: 5 } as const;
    const broken: HardwareEvent = { kind: 'MemoryFailureInjected', target, failure: 'access' };
    expect(accessed([mapped(), broken], [access({ permissions })])).toEqual(['completer-abort', reason]);
  });

  it('the device suppresses the record and not the abort', () => {
    expect(accessed([device({ suppressTranslationFaultRecords: true })])).toEqual([
      'unsupported-request',
      undefined,
    ]);
  });

  it('passes as it is in bypass, and without a PASID on a device with PASIDs', () => {
    const page = access({ page: 1000 });
    expect(accessed([{ kind: 'ModeSet', mode: 'bypass' }], [page])).toEqual([512, 512]);
    expect(accessed([], [access({ page: 1000, pasid: NO_PASID })])).toEqual([512, 512]);
  });

  it('needs no ATS', () => {
    expect(accessed([mapped(), device({ ats: false, pri: false })])).toEqual([0x900, 1]);
  });

  it('R7 marks the leaf', () => {
    const clean = mapped({ accessed: false, dirty: false });
    for (const [permissions, dirty] of [
      [READ, false],
      [WRITE, true],
    ] as const) {
      const { events } = perform(testHardware(), [...ready, clean], access({ permissions }));
      expect(ofKind(events, 'LeafMarked')).toEqual([
        { kind: 'LeafMarked', deviceId: 16, pasid: 1, page: 5, dirty },
      ]);
    }
  });
});

describe('R62 the cache of untranslated accesses', () => {
  it('may serve the old translation until it is invalidated', () => {
    expect(accessed([mapped()], [access(), remap(0x901), access()])).toEqual([0x900, 1]);
    expect(accessed([mapped()], [access(), remap(0x901), invalidate(5), access()])).toEqual([0x901, 1]);
    expect(accessed([mapped()], [access(), remap(0x901), invalidate(null), access()])).toEqual([0x901, 1]);
  });

  it('without room for a translation every access walks', () => {
    expect(accessed([mapped()], [access(), remap(0x901), access()], { iotlbEntries: 0 })).toEqual([0x901, 1]);
  });

  it('an invalidation concerns one page of one PASID of one device', () => {
    for (const other of [
      invalidate(4),
      invalidate(6),
      invalidate(5, 2),
      invalidate(5, 1, 17),
      invalidate(null, 2),
    ]) {
      expect(accessed([mapped()], [access(), remap(0x901), other, access()])).toEqual([0x900, 1]);
    }
  });

  it('an invalidation of a page drops the large translation it is in', () => {
    const large = mapped({ page: 512, pages: 512, frame: 512 });
    const inside = access({ page: 600 });
    const unmap: HardwareCommand = { kind: 'UnmapLeaf', deviceId: 16, pasid: 1, page: 512, pages: 512 };
    expect(accessed([large], [inside, unmap, access({ page: 1023 })])).toEqual([512, 512]);
    expect(accessed([large], [inside, unmap, access({ page: 512 })])).toEqual([512, 512]);
    expect(accessed([large], [inside, unmap, access({ page: 1024 })])[0]).toBe('unsupported-request');
    expect(accessed([large], [inside, unmap, invalidate(1023), inside])[0]).toBe('unsupported-request');
    expect(accessed([large], [inside, unmap, invalidate(1024), inside])).toEqual([512, 512]);
  });

  it('a translation that does not allow the access is walked again', () => {
    const readable = mapped({ permissions: READ });
    const gains: HardwareCommand = { kind: 'MapLeaf', deviceId: 16, pasid: 1, leaf: leaf({ frame: 0x901 }) };
    expect(accessed([readable], [access(), gains, access({ permissions: WRITE })])).toEqual([0x901, 1]);
    // The walk for the write took the place of the older translation.
    expect(accessed([readable], [access(), gains, access({ permissions: WRITE }), access()])).toEqual([
      0x901, 1,
    ]);
  });

  it('a clean page is walked again for the first write, which marks it', () => {
    const { events } = perform(
      testHardware(),
      [...ready, mapped({ dirty: false })],
      access(),
      access({ permissions: WRITE }),
      access({ permissions: WRITE }),
    );
    expect(ofKind(events, 'LeafMarked')).toHaveLength(1);
  });

  it('serves only the mode that may use the page', () => {
    const privileged = access({ permissions: READ | PRIVILEGED });
    expect(accessed([mapped()], [access(), privileged])).toEqual(['unsupported-request', 'read-page-fault']);
  });

  it('keeps what was used last filled, oldest out first', () => {
    const pages = [5, 6, 7].map((page) => mapped({ page, frame: 0x900 + page }));
    const touch = [5, 6, 7].map((page) => access({ page }));
    const gone: HardwareCommand[] = [5, 6].map((page) => ({
      kind: 'UnmapLeaf',
      deviceId: 16,
      pasid: 1,
      page,
      pages: 1,
    }));
    expect(accessed(pages, [...touch, ...gone, access({ page: 6 })])).toEqual([0x906, 1]);
    expect(accessed(pages, [...touch, ...gone, access({ page: 5 })])[0]).toBe('unsupported-request');
  });

  it('loses a PASID that is unbound', () => {
    const bind: HardwareCommand = {
      kind: 'BindPasid',
      deviceId: 16,
      pasid: 1,
      supervisorAllowed: false,
      supervisorMayAccessUser: false,
    };
    const unbind: HardwareCommand = { kind: 'UnbindPasid', deviceId: 16, pasid: 1 };
    expect(accessed([mapped()], [access(), unbind, bind, access()])[0]).toBe('unsupported-request');
  });

  it('does not serve translation requests', () => {
    const { events } = perform(
      testHardware(),
      [...ready, mapped({ permissions: READ_WRITE })],
      access(),
      remap(0x901),
      translation(),
    );
    expect(ofKind(events, 'TranslationAnswered')).toMatchObject([{ frame: 0x901 }]);
  });
});
