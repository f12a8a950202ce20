import { NO_PASID, Permission, ResponseCode } from '../../kernel/vocabulary';
import { IOMMU_PROFILE_NAMES, IOMMU_PROFILES, type IommuProfileName, withQuirks } from '../profile';
import { CONFIGURATION_FAULTS, type ConfigurationCause } from './fault-record';
import {
  type DeviceFinding,
  isStopMarker,
  judgePageRequest,
  type PageRequestFacts,
  pageRequestRules,
  type PageRequestQueueFacts,
  type PageRequestVerdict,
  type RefusalCause,
} from './judge-page-request';

const { READ, WRITE, EXECUTE, PRIVILEGED } = Permission;
const { SUCCESS, INVALID, FAILURE } = ResponseCode;
const open: PageRequestQueueFacts = {
  enabled: true,
  memoryFault: false,
  overflow: false,
  full: false,
  unwritable: false,
};
const last: PageRequestFacts = { pasid: 7, permissions: READ, last: true };

interface Asked {
  profile?: IommuProfileName;
  device?: DeviceFinding;
  required?: boolean;
  queue?: Partial<PageRequestQueueFacts>;
  request?: Partial<PageRequestFacts>;
}

function judge({
  profile = 'riscv',
  device = 'ready',
  required = false,
  queue,
  request,
}: Asked): PageRequestVerdict {
  const rules = pageRequestRules(IOMMU_PROFILES[profile]);
  return judgePageRequest(rules, device, required, { ...open, ...queue }, { ...last, ...request });
}

/** Facts that give each cause, in the order of R45. */
const causes: readonly (readonly [RefusalCause, Asked])[] = [
  ...(Object.keys(CONFIGURATION_FAULTS) as ConfigurationCause[]).map(
    (cause) => [cause, { device: cause }] as const,
  ),
  ['pri-off', { device: 'pri-off' }],
  ['queue-disabled', { queue: { enabled: false } }],
  ['memory-fault', { queue: { memoryFault: true } }],
  ['overflow', { queue: { overflow: true } }],
  ['queue-full', { queue: { full: true } }],
  ['write-failed', { queue: { unwritable: true } }],
];

describe('R45 the first check that a page request fails decides', () => {
  it('goes into the ring when none fails', () => {
    expect(judge({})).toEqual({
      cause: null,
      answered: false,
      code: SUCCESS,
      carriesPasid: false,
      record: null,
      sets: null,
    });
  });

  const pairs = causes.flatMap(([first, one], i) =>
    causes.slice(i + 1).flatMap(([second, other]) =>
      // One device cannot have two findings.
      one.device !== undefined && other.device !== undefined ? [] : [[first, second, one, other] as const],
    ),
  );
  it.each(pairs)('%s before %s', (first, second, one, other) => {
    expect(judge(other).cause).toBe(second);
    expect(judge({ ...other, ...one, queue: { ...other.queue, ...one.queue } }).cause).toBe(first);
  });
});

describe('R47 the table of causes', () => {
  it.each([
    ['iommu-off', FAILURE, 'all-inbound-disallowed', null],
    ['bypass', INVALID, 'transaction-type-disallowed', null],
    ['device-id-too-wide', INVALID, 'transaction-type-disallowed', null],
    ['device-entry-unreadable', FAILURE, 'device-entry-load-fault', null],
    ['device-entry-corrupt', FAILURE, 'device-entry-corrupt', null],
    ['device-entry-not-valid', FAILURE, 'device-entry-not-valid', null],
    ['device-entry-misconfigured', FAILURE, 'device-entry-misconfigured', null],
    ['pri-off', INVALID, 'transaction-type-disallowed', null],
    ['queue-disabled', FAILURE, null, null],
    ['memory-fault', FAILURE, null, null],
    ['overflow', SUCCESS, null, null],
    ['queue-full', SUCCESS, null, 'overflow'],
    ['write-failed', FAILURE, null, 'memory-fault'],
  ] as const)('%s: code %d, record %s, flag %s', (cause, code, record, sets) => {
    const asked = causes.find(([name]) => name === cause)?.[1] ?? {};
    expect(judge(asked)).toEqual({
      cause,
      answered: true,
      code,
      carriesPasid: code === FAILURE,
      record,
      sets,
    });
  });
});

describe('R48 the PASID on an automatic response', () => {
  const full = { queue: { full: true } };
  const off = { queue: { enabled: false } };

  it('a Failure mirrors the request, whatever the device requires', () => {
    for (const required of [false, true]) {
      expect(judge({ ...off, required }).carriesPasid).toBe(true);
      expect(judge({ ...off, required, request: { pasid: NO_PASID } }).carriesPasid).toBe(false);
    }
  });

  it('a Success follows the PASID-required setting', () => {
    expect(judge(full).carriesPasid).toBe(false);
    expect(judge({ ...full, required: true }).carriesPasid).toBe(true);
    expect(judge({ ...full, required: true, request: { pasid: NO_PASID } })).toMatchObject({
      answered: true,
      carriesPasid: false,
    });
  });

  it('PASID 0 is a PASID', () => {
    expect(judge({ ...off, request: { pasid: 0 } }).carriesPasid).toBe(true);
  });

  it('an Invalid has none', () => {
    expect(judge({ device: 'pri-off', required: true })).toMatchObject({
      answered: true,
      carriesPasid: false,
    });
  });

  it('R65 [smmu] a Failure has none', () => {
    expect(judge({ ...off, profile: 'smmu' })).toMatchObject({
      answered: true,
      code: FAILURE,
      carriesPasid: false,
    });
  });

  it('R64 [smmu] a Success follows the setting, and without a readable entry the answer is a Failure without a PASID', () => {
    expect(judge({ ...full, profile: 'smmu', required: true })).toMatchObject({
      code: SUCCESS,
      carriesPasid: true,
    });
    expect(judge({ profile: 'smmu', device: 'device-entry-unreadable', required: true })).toMatchObject({
      code: FAILURE,
      carriesPasid: false,
    });
  });
});

describe('R46 what cannot be queued is answered only if it is last and asks for something', () => {
  it.each(causes)('%s', (cause, asked) => {
    const silent = { ...judge(asked), answered: false, carriesPasid: false };
    expect(judge({ ...asked, request: { last: false } })).toEqual(silent);
    expect(judge({ ...asked, request: { permissions: 0 } })).toEqual(silent);
    expect(judge({ ...asked, request: { permissions: EXECUTE | PRIVILEGED } })).toEqual(silent);
    expect(judge({ ...asked, request: { permissions: WRITE } }).answered).toBe(true);
    expect(silent.cause).toBe(cause);
  });

  it('R49 R50 a message without an answer leaves its record, and sets its flag', () => {
    expect(judge({ device: 'pri-off', request: { last: false } }).record).toBe('transaction-type-disallowed');
    expect(judge({ queue: { full: true }, request: { last: false } }).sets).toBe('overflow');
  });
});

describe('R23 a stop marker', () => {
  const marker = { pasid: 7, permissions: 0, last: true };
  const silent = () => withQuirks(IOMMU_PROFILES.riscv, { silentStopLookalike: true });

  it('is the last member, with a PASID, that asks for neither read nor write', () => {
    expect(isStopMarker(IOMMU_PROFILES.riscv, marker)).toBe(true);
    expect(isStopMarker(IOMMU_PROFILES.riscv, { ...marker, last: false })).toBe(false);
    expect(isStopMarker(IOMMU_PROFILES.riscv, { ...marker, permissions: READ })).toBe(false);
    expect(isStopMarker(IOMMU_PROFILES.riscv, { ...marker, permissions: WRITE })).toBe(false);
  });

  it('its lookalike without a PASID is an ordinary request, and answered', () => {
    expect(isStopMarker(IOMMU_PROFILES.smmu, { ...marker, pasid: NO_PASID })).toBe(false);
    expect(judge({ queue: { full: true }, request: { ...marker, pasid: NO_PASID } }).answered).toBe(true);
  });

  it('the reference model keeps silent there', () => {
    const rules = pageRequestRules(silent());
    const facts = { ...open, full: true };
    expect(judgePageRequest(rules, 'ready', false, facts, { ...marker, pasid: NO_PASID }).answered).toBe(
      false,
    );
  });
});

describe('profiles', () => {
  it("R66 [vtd] an overflow is answered Success, as is assumed; QEMU's drops silently", () => {
    const qemu = pageRequestRules(withQuirks(IOMMU_PROFILES.vtd, { silentOverflow: true }));
    for (const queue of [{ full: true }, { overflow: true }]) {
      expect(judge({ profile: 'vtd', queue })).toMatchObject({ answered: true, code: SUCCESS });
      expect(judgePageRequest(qemu, 'ready', false, { ...open, ...queue }, last).answered).toBe(false);
    }
    expect(judgePageRequest(qemu, 'ready', false, { ...open, full: true }, last).sets).toBe('overflow');
    expect(judgePageRequest(qemu, 'ready', false, { ...open, enabled: false }, last)).toMatchObject({
      answered: true,
      code: FAILURE,
    });
  });

  it('R66 [vtd] an entry that does not allow page requests is recorded and not answered', () => {
    expect(judge({ profile: 'vtd', device: 'pri-off' })).toMatchObject({
      answered: false,
      record: 'transaction-type-disallowed',
    });
    expect(judge({ profile: 'vtd', device: 'device-entry-not-valid' }).answered).toBe(true);
  });

  it('R47 [smmu] the ATS settings of a stream do not concern page requests', () => {
    expect(judge({ profile: 'smmu', device: 'pri-off' }).cause).toBeNull();
    expect(judge({ profile: 'smmu', device: 'pri-off', queue: { full: true } }).cause).toBe('queue-full');
    expect(judge({ profile: 'smmu', device: 'device-entry-not-valid' }).cause).toBe('device-entry-not-valid');
  });

  it('R63 [smmu] R67 [amd] last members that meet an overflow are answered Success', () => {
    for (const profile of IOMMU_PROFILE_NAMES) {
      expect(judge({ profile, queue: { overflow: true } })).toMatchObject({ answered: true, code: SUCCESS });
    }
  });
});

describe('a verdict', () => {
  it('is one of few frozen objects, so that judging makes none', () => {
    const rules = pageRequestRules(IOMMU_PROFILES.riscv);
    for (const [, { device = 'ready', queue }] of causes) {
      const facts = { ...open, ...queue };
      const one = judgePageRequest(rules, device, false, facts, { ...last });
      expect(judgePageRequest(rules, device, false, facts, { ...last })).toBe(one);
      expect(Object.isFrozen(one)).toBe(true);
    }
    expect(judgePageRequest(rules, 'ready', false, open, last)).toBe(
      judgePageRequest(rules, 'ready', true, open, { ...last, last: false }),
    );
  });
});
