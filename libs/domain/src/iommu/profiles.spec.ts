import { NO_PASID, Permission, ResponseCode } from '../kernel/vocabulary';
import type { ReceiveRequestCommand } from './commands';
import { LiveIommu, pageRequest, READ_WRITE, testIommu } from './iommu.testkit';
import type { IommuProfileName } from './profile';
import { countIommu } from './queries';

const { READ, WRITE, EXECUTE, PRIVILEGED } = Permission;
const behind = (profile: IommuProfileName): LiveIommu => new LiveIommu(testIommu({ profile }));
/** What becomes of one request that the driver reads. */
function read(profile: IommuProfileName, overrides: Partial<ReceiveRequestCommand>, live = behind(profile)) {
  live.send(pageRequest(1, overrides));
  live.drain();
  return live.log.at(-1);
}

describe('receiving, by profile', () => {
  it.each([
    ['riscv', true],
    ['smmu', true],
    ['amd', true],
    ['vtd', true],
  ] as const)('R66 [%s] an overflow is answered: %s', (profile, answered) => {
    const live = behind(profile);
    for (let request = 1; request <= 3; request += 1) live.send(pageRequest(request));
    expect(live.send(pageRequest(4))).toMatchObject([
      { kind: 'RingOverflowSet' },
      { kind: 'PageRequestDropped', cause: 'overflow', answered, code: ResponseCode.SUCCESS },
    ]);
    expect(live.send(pageRequest(5))).toMatchObject([
      { kind: 'PageRequestDropped', cause: 'overflow', answered },
    ]);
  });

  it.each([
    ['riscv', { kind: 'PageRequestDropped', cause: 'pri-off', answered: true }],
    ['vtd', { kind: 'PageRequestDropped', cause: 'pri-off', answered: false }],
    ['smmu', { kind: 'PageRequestQueued' }],
  ] as const)('R47 [%s] PRI off for the device', (profile, expected) => {
    expect(behind(profile).send(pageRequest(1, { device: 3 }))).toMatchObject([expected]);
  });

  it.each([
    ['riscv', 7],
    ['smmu', NO_PASID],
  ] as const)('R65 [%s] PASID on an automatic Failure', (profile, responsePasid) => {
    expect(behind(profile).send(pageRequest(1, { device: 42 }))).toMatchObject([
      { answered: true, responsePasid },
    ]);
  });

  it.each([
    ['riscv', 7, READ | EXECUTE | PRIVILEGED, READ | EXECUTE | PRIVILEGED],
    ['vtd', 7, READ | EXECUTE | PRIVILEGED, READ | EXECUTE | PRIVILEGED],
    ['riscv', NO_PASID, READ | WRITE | EXECUTE | PRIVILEGED, READ | WRITE],
  ] as const)('R42 [%s] what a record of PASID %s keeps of permissions %i', (profile, pasid, sent, kept) => {
    expect(behind(profile).send(pageRequest(1, { pasid, permissions: sent }))).toMatchObject([
      { permissions: kept },
    ]);
  });

  it("R42 R66 [vtd] QEMU's records do not store execution, and its overflow is not answered", () => {
    const quirks = { executeNotStored: true, silentOverflow: true };
    const live = new LiveIommu(testIommu({ profile: 'vtd', quirks }));
    expect(live.send(pageRequest(1, { permissions: READ | EXECUTE }))).toMatchObject([{ permissions: READ }]);
    for (let request = 2; request <= 3; request += 1) live.send(pageRequest(request));
    expect(live.send(pageRequest(4))).toMatchObject([
      { kind: 'RingOverflowSet' },
      { kind: 'PageRequestDropped', cause: 'overflow', answered: false },
    ]);
  });

  it.each([
    ['riscv', 'unsupported-request'],
    ['smmu', 'completer-abort'],
  ] as const)('R3 [%s] a translation for an unusable device entry', (profile, status) => {
    const translate = { kind: 'Translate', translation: 1, pasid: 7, page: 1, permissions: READ } as const;
    expect(behind(profile).send({ ...translate, device: 42 })).toMatchObject([{ status }]);
    expect(behind(profile).send({ ...translate, device: 3 })).toMatchObject([
      { status: 'unsupported-request' },
    ]);
  });
});

describe('the driver, by profile', () => {
  it.each([
    ['riscv', 7, 'StopMarkerDropped'],
    ['riscv', NO_PASID, 'GroupQueued'],
    ['vtd', NO_PASID, 'StopMarkerDropped'],
    ['amd', 7, 'GroupQueued'],
  ] as const)('R75 [%s] a last request of PASID %s that asks for nothing', (profile, pasid, kind) => {
    expect(read(profile, { pasid, permissions: 0 })).toMatchObject({ kind });
  });

  it.each([
    ['riscv', { permissions: READ }],
    ['riscv', { permissions: WRITE }],
    ['riscv', { permissions: 0, last: false }],
  ] as const)('R23 [%s] %j is no stop marker', (profile, overrides) => {
    expect(read(profile, overrides)?.kind).not.toBe('StopMarkerDropped');
  });

  const upper = 2 ** 52 - 2 ** 35;
  it.each<[IommuProfileName, Partial<ReceiveRequestCommand>, boolean]>([
    ['vtd', { page: 2 ** 35 - 1 }, true],
    ['vtd', { page: 2 ** 35 }, false],
    ['vtd', { page: upper - 1 }, false],
    ['vtd', { page: upper }, true],
    ['vtd', { permissions: PRIVILEGED | READ }, false],
    ['vtd', { permissions: PRIVILEGED | WRITE }, false],
    ['vtd', { permissions: EXECUTE | READ }, false],
    ['vtd', { permissions: WRITE }, true],
    ['vtd', { pasid: 0 }, true],
    ['amd', { page: upper - 1 }, true],
    ['amd', { permissions: PRIVILEGED | READ }, true],
    ['amd', { permissions: EXECUTE | READ }, true],
    ['amd', { pasid: NO_PASID }, false],
    ['amd', { pasid: 0 }, false],
    ['riscv', { page: upper - 1, permissions: PRIVILEGED | READ | EXECUTE }, true],
  ])('R73 [%s] %j passes the driver: %s', (profile, overrides, passes) => {
    const refused = { kind: 'FaultRefused', reason: 'invalid-request' };
    const event = read(profile, overrides);
    if (passes) expect(event?.kind).toBe('GroupQueued');
    else expect(event).toMatchObject(refused);
  });

  it.each([
    ['vtd', ResponseCode.INVALID, false],
    ['amd', ResponseCode.FAILURE, true],
  ] as const)(
    'R73 [%s] answers what it refuses with %i, non-last members too: %s',
    (profile, code, nonLast) => {
      const invalid = profile === 'vtd' ? { page: 2 ** 40 } : { pasid: 0 };
      expect(read(profile, invalid)).toMatchObject({ answered: true, code });
      expect(read(profile, { ...invalid, last: false })).toMatchObject({ answered: nonLast, code });
    },
  );

  it.each([
    ['riscv', true],
    ['vtd', true],
    ['amd', false],
  ] as const)('R74 [%s] a requester the driver does not know is answered: %s', (profile, answered) => {
    const live = behind(profile);
    live.send(pageRequest(1));
    live.send(pageRequest(2, { last: false }));
    live.send({ kind: 'DetachDevice', device: 1 });
    live.drain();
    expect(live.log.slice(-2)).toMatchObject([
      { kind: 'FaultRefused', reason: 'no-handler', answered, code: ResponseCode.INVALID },
      { kind: 'FaultRefused', reason: 'no-handler', answered: false },
    ]);
  });

  it('R76 [smmu] serves no page request: last ones are answered Failure, stop markers dropped', () => {
    expect(read('smmu', {})).toMatchObject({
      kind: 'FaultRefused',
      reason: 'no-handler',
      answered: true,
      code: ResponseCode.FAILURE,
    });
    expect(read('smmu', { last: false })).toMatchObject({ kind: 'FaultRefused', answered: false });
    expect(read('smmu', { permissions: 0 })).toMatchObject({ kind: 'StopMarkerDropped' });
  });

  it.each([
    ['riscv', 0],
    ['amd', 1],
  ] as const)('R88 [%s] partials that are left after an overflow: %i', (profile, left) => {
    const live = behind(profile);
    live.send(pageRequest(1, { last: false, permissions: READ_WRITE }));
    live.drain();
    for (let request = 2; request <= 5; request += 1) live.send(pageRequest(request));
    live.drain();
    expect(countIommu(live.state)).toMatchObject({ overflow: false, partials: left });
  });

  it.each([
    ['riscv', 0],
    ['amd', 1],
  ] as const)('R88 [%s] recovers with records still in the ring: %i', (profile, cleared) => {
    const live = behind(profile);
    for (let request = 1; request <= 4; request += 1) live.send(pageRequest(request));
    expect(live.send({ kind: 'FinishDrain' })).toHaveLength(cleared);
  });
});
