import { ResponseCode } from '../../kernel/vocabulary';
import { IOMMU_PROFILE_NAMES, IOMMU_PROFILES, wireCode, withQuirks } from '../profile';

describe('profiles', () => {
  it('have the name they are found by, and cannot be changed', () => {
    for (const name of IOMMU_PROFILE_NAMES) {
      expect(IOMMU_PROFILES[name].name).toBe(name);
      expect(Object.isFrozen(IOMMU_PROFILES[name])).toBe(true);
    }
    expect(Object.keys(IOMMU_PROFILES)).toEqual([...IOMMU_PROFILE_NAMES]);
  });

  it('R87 a Failure that software sends leaves as 1111b, or with the number Linux has for it (vtd, amd)', () => {
    const codes = IOMMU_PROFILE_NAMES.map((name) => wireCode(IOMMU_PROFILES[name], ResponseCode.FAILURE));
    expect(codes).toEqual([15, 15, 2, 2]);
    for (const name of IOMMU_PROFILE_NAMES) {
      expect(wireCode(IOMMU_PROFILES[name], ResponseCode.SUCCESS)).toBe(0);
      expect(wireCode(IOMMU_PROFILES[name], ResponseCode.INVALID)).toBe(1);
    }
  });

  it.each([
    [
      'R75 what becomes of stop markers',
      'stopMarkers',
      ['dropped-with-pasid', 'dropped-with-pasid', 'dropped', 'reported'],
    ],
    ['R76 whether page requests are served', 'servesPageRequests', [true, false, true, true]],
    [
      'R88 when an overflow is recovered',
      'recoversWhen',
      ['ring-empty', 'ring-empty', 'ring-empty', 'at-once'],
    ],
    ['R88 whether partial groups are dropped then', 'dropsPartialsOnOverflow', [true, true, true, false]],
  ] as const)('%s', (_rule, choice, values) => {
    expect(IOMMU_PROFILE_NAMES.map((name) => IOMMU_PROFILES[name][choice])).toEqual(values);
  });

  it('R73 what the driver refuses', () => {
    const { riscv, smmu, vtd, amd } = IOMMU_PROFILES;
    expect([riscv.validation, smmu.validation]).toEqual([null, null]);
    expect(vtd.validation).toEqual({
      canonicalAddress: true,
      noPrivilegedData: true,
      noExecuteWithRead: true,
      pasidInRange: false,
      answer: 'invalid',
      answersNonLast: false,
      unknownRequester: 'invalid',
    });
    expect(amd.validation).toEqual({
      canonicalAddress: false,
      noPrivilegedData: false,
      noExecuteWithRead: false,
      pasidInRange: true,
      answer: 'failure',
      answersNonLast: true,
      unknownRequester: 'silent',
    });
  });
});

describe('quirks of the reference model and of QEMU', () => {
  it('replace the choice they concern, and no other', () => {
    const { riscv } = IOMMU_PROFILES;
    expect(withQuirks(riscv, {})).toEqual(riscv);
    expect(withQuirks(riscv, { staleRecords: false, interruptOnlyOnAcknowledge: false })).toEqual(riscv);
    expect(withQuirks(riscv, { staleRecords: true })).toEqual({ ...riscv, slotsKeptOnEnable: true });
    expect(withQuirks(riscv, { silentStopLookalike: true })).toEqual({
      ...riscv,
      stopMarkerNeedsPasid: false,
    });
    expect(withQuirks(riscv, { sampleDirtyBeforeUpdate: true })).toEqual({
      ...riscv,
      writeGrantedWithDirty: false,
    });
    expect(withQuirks(riscv, { interruptOnlyOnAcknowledge: true })).toEqual({
      ...riscv,
      interruptOnUnmask: false,
    });
    const { vtd } = IOMMU_PROFILES;
    expect(withQuirks(vtd, { silentOverflow: true })).toEqual({ ...vtd, overflowAnswer: 'none' });
    expect(withQuirks(vtd, { executeNotStored: true })).toEqual({ ...vtd, executeInRecord: false });
    expect(Object.isFrozen(withQuirks(riscv, {}))).toBe(true);
  });
});
