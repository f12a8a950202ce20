import { parseScenario, type ResolvedScenario, type Scenario } from '@faultline/contracts';
import { resolveScenario } from './resolve';
import { scenarioSource } from './source';
import type { TraceFacts } from './trace-facts';

const written = `
name: small
profile: pri-minor
mm: { shards: 2, framesPerShard: 100 }
iommus:
  - { name: pri0, model: pri }
  - { name: smmu0, model: stall, eventQueueEntries: 16 }
processes:
  - { name: a }
  - { name: b, pasid: 1 }
  - { name: c }
  - name: d
    pasid: 7
    vmas:
      - { startPage: 0x100, pages: 16, permissions: r, backing: file-shared, file: 3 }
      - { startPage: 0x200, pages: 16 }
devices:
  - name: nic0
    iommu: pri0
    credits: 8
    workloads:
      - { process: a, pattern: zipf, accesses: 100, startPage: 10, pages: 20, mix: { read: 1, write: 0, execute: 0 } }
      - { process: c, pattern: uniform, accesses: 100, startPage: 5, pages: 5, ratePerSecond: 1000 }
  - name: dsp0
    iommu: smmu0
    workloads:
      - { process: a, trace: a.gz, limit: 50 }
      - { process: d, pattern: sequential, accesses: 3 }
`;

const facts: TraceFacts = {
  file: '/traces/a.gz',
  format: 'lackey',
  accesses: 50,
  ranges: [{ start: 25, end: 28, permissions: 6 }],
};

function resolve(text = written, change: (scenario: Scenario) => void = () => undefined): ResolvedScenario {
  const scenario = parseScenario('small.yaml', text);
  change(scenario);
  return resolveScenario(scenario, new Map([['1.0', facts]]), scenarioSource('small.yaml', text, scenario));
}

describe('resolving a scenario', () => {
  test('PASIDs are assigned from 1 past those that are written, shards by PASID', () => {
    expect(resolve().processes.map(({ name, mm, pasid, shard }) => [name, mm, pasid, shard])).toEqual([
      ['a', 0, 2, 0],
      ['b', 1, 1, 1],
      ['c', 2, 3, 1],
      ['d', 3, 7, 1],
    ]);
  });

  test('a process whose pages are there before it begins says so, and others say nothing of it', () => {
    const populated = resolve(written, ({ processes }) =>
      Object.assign(processes[0] ?? {}, { populate: true }),
    );
    expect(populated.processes.map(({ populate }) => populate)).toEqual([true, ...Array(3).fill(undefined)]);
    expect(resolve().processes.some((process) => 'populate' in process)).toBe(false);
  });

  test('names become indices; each IOMMU has the segment of its devices', () => {
    const { iommus, devices, shards } = resolve();
    expect(iommus).toMatchObject([
      { iommu: 0, segment: 0, name: 'pri0', model: 'pri' },
      { iommu: 1, segment: 1, name: 'smmu0', model: 'stall', eventQueueEntries: 16 },
    ]);
    expect(devices).toMatchObject([
      { device: 0, name: 'nic0', iommu: 0, segment: 0, credits: 8 },
      { device: 1, name: 'dsp0', iommu: 1, segment: 1 },
    ]);
    const memory = { reclaim: 'lru', faultAround: 1, premap: 1, swapPages: Number.MAX_SAFE_INTEGER };
    expect(shards).toEqual([
      { shard: 0, frames: 100, ...memory },
      { shard: 1, frames: 100, ...memory },
    ]);
  });

  test('what the software of the machine costs is there only when something is charged', () => {
    const free = resolve();
    expect(free.hostCosts).toBeUndefined();
    const zeros = written
      .replace('mm: {', 'mm: { lockMicros: 0, lockBounceMicros: 3,')
      .replace(
        'iommus:',
        'workers: { wakeMicros: 0, queueLockMicros: 0, queueLockBounceMicros: 2 }\niommus:',
      );
    expect(resolve(zeros)).toEqual(free);
    const charged = resolve(
      written
        .replace('mm: {', 'mm: { lockMicros: 1, lockBounceMicros: 0.5,')
        .replace('iommus:', 'workers: { wakeMicros: 5, switchMicros: 2, queueLockMicros: 0.3 }\niommus:'),
    );
    expect(charged).toEqual({
      ...free,
      hostCosts: {
        ...{ wakeMicros: 5, switchMicros: 2, queueLockMicros: 0.3, queueLockBounceMicros: 0 },
        ...{ mmLockMicros: 1, mmLockBounceMicros: 0.5 },
      },
      workers: { ...free.workers, groupsPerMessage: 1 },
      timeScale: charged.timeScale,
      deadlines: charged.deadlines,
    });
    expect(free.workers.groupsPerMessage).toBe(1);
    // Where nothing at all is charged, messages are what costs.
    const free16 = written.replace(/^profile: .*$/m, 'profile: none');
    expect(resolve(free16).workers.groupsPerMessage).toBe(16);
    const woken = free16.replace('iommus:', 'workers: { wakeMicros: 5 }\niommus:');
    expect(resolve(woken).workers.groupsPerMessage).toBe(1);
    const written32 = resolve(
      written.replace('iommus:', 'workers: { wakeMicros: 5, groupsPerMessage: 32 }\niommus:'),
    );
    expect(written32.workers.groupsPerMessage).toBe(32);
    expect(charged.timeScale).toBeLessThan(free.timeScale);
    expect(charged.deadlines.invalidationMicros).toBeGreaterThan(free.deadlines.invalidationMicros);
  });

  test('a device waits for the response, or drops the access and has a timer', () => {
    const text = written.replace('credits: 8', 'credits: 8\n    onFault: drop\n    retryMicros: 1000');
    const { devices, deadlines } = resolve(text);
    expect(resolve().devices.map(({ retransmission }) => retransmission)).toEqual([undefined, undefined]);
    expect(devices.map(({ retransmission }) => retransmission)).toEqual([
      { firstMicros: 1_000, mostMicros: 120_000_000 },
      undefined,
    ]);
    expect(deadlines.teardownStepMicros).toBe(resolve().deadlines.teardownStepMicros + 120_000_000);
  });

  test('a profile is one of the table, or the stages that the scenario gives', () => {
    expect(resolve().profile).toBe('pri-minor');
    const own = resolve(written.replace('pri-minor', '{ handlerMicros: 7, source: mine }'));
    expect([own.profile, own.cost.handlerMicros, own.cost.source]).toEqual([
      'own',
      { median: 7, p99: 7 },
      'mine',
    ]);
  });

  test('workloads carry the PASID of their process; a closed loop has rate 0', () => {
    const [nic, dsp] = resolve().devices;
    expect(nic?.workloads).toMatchObject([
      { source: 'synthetic', pasid: 2, ratePerSecond: 0 },
      { source: 'synthetic', pasid: 3, ratePerSecond: 1000 },
    ]);
    expect(dsp?.workloads[0]).toEqual({
      source: 'trace',
      mm: 0,
      pasid: 2,
      file: '/traces/a.gz',
      format: 'lackey',
      accesses: 50,
      outstanding: 32,
      ratePerSecond: 0,
      arrivals: 'poisson',
    });
  });

  test('areas come from what workloads and traces touch, or stand as they are written', () => {
    const [a, b, c, d] = resolve().processes;
    expect(a?.vmas).toMatchObject([{ startPage: 10, pages: 20, permissions: 1 | 6, backing: 'anonymous' }]);
    expect(b?.vmas).toEqual([]);
    expect(c?.vmas).toMatchObject([{ startPage: 5, pages: 5, permissions: 3 }]);
    expect(d?.vmas).toEqual([
      { startPage: 0x100, pages: 16, permissions: 1, backing: 'file-shared', file: 3, filePage: 0 },
      { startPage: 0x200, pages: 16, permissions: 3, backing: 'anonymous', file: 0, filePage: 0 },
    ]);
  });

  test('the time scale follows from the profile unless it is written', () => {
    expect(resolve().timeScale).toBe(Math.ceil(50_000 / 20.7));
    expect(resolve(written, (scenario) => (scenario.profile = 'none')).timeScale).toBe(1);
    expect(resolve(written, (scenario) => (scenario.timeScale = 3)).timeScale).toBe(3);
  });

  test('the layer, its deadlines and what devices wait for become what services read', () => {
    expect(resolve()).toMatchObject({
      iopf: { generation: 'G1', order: 'fifo', quantum: 8, window: 64 },
      deadlines: { teardownStepMicros: 500 * 20.7, invalidationMicros: 100 * 20.7 },
      timeline: [],
    });
    const changed = resolve(written, (scenario) => {
      scenario.iopf.generation = 'g2';
      scenario.deadlines = { teardownStepMicros: 'off', invalidationMicros: 70 };
      scenario.mm.swapPages = 3;
      const [nic] = scenario.devices;
      Object.assign(nic ?? {}, { responseTimeoutMicros: 'off', handler: false });
    });
    expect(changed).toMatchObject({
      iopf: { generation: 'G2' },
      deadlines: { teardownStepMicros: 0, invalidationMicros: 70 },
      shards: [{ swapPages: 3 }, { swapPages: 3 }],
      devices: [
        { responseTimeoutMicros: 0, hasHandler: false },
        { responseTimeoutMicros: 10_000_000, hasHandler: true },
      ],
    });
  });

  test('it is plain data: what stands in the log is what is run', () => {
    const resolved = resolve();
    expect(JSON.parse(JSON.stringify(resolved))).toEqual(resolved);
  });

  test('areas that overlap are refused with their line', () => {
    const text = written.replace('startPage: 0x200', 'startPage: 0x10f');
    expect(() => resolve(text)).toThrow(
      /^small\.yaml:16: found an area from page 271 that overlaps the one from page 256, expected areas apart/,
    );
  });

  test('an execute-only area is refused with its line (R5)', () => {
    const text = written.replace('permissions: r,', 'permissions: x,');
    expect(() => resolve(text)).toThrow(
      /^small\.yaml:15: found an execute-only area, expected one that is readable too: .* \(R5\)/,
    );
  });

  test('pages outside 52 bits are refused with their line', () => {
    const text = written.replace('startPage: 5, pages: 5', 'startPage: 4503599627370495, pages: 2');
    expect(() => resolve(text)).toThrow(
      /^small\.yaml:23: found pages 4503599627370495 to 4503599627370496, expected page numbers of at most 52 bits/,
    );
  });
});

describe('resolving a timeline', () => {
  const steps = `
timeline:
  - { after: { accesses: 10, micros: 5 }, unmap: { process: d, startPage: 0x100, pages: 300 } }
  - { protect: { process: d, startPage: 0x208, pages: 4, permissions: r } }
  - { migrate: { process: d, startPage: 0x100, pages: 16 } }
  - { reclaim: { shard: 1, pages: 3 } }
  - { exit: b }
  - { unbind: b }
  - { start: e }
  - { replaceDomain: { device: nic0, process: a, by: f } }
  - { hangDevice: dsp0 }
  - { resetDevice: dsp0 }
  - { removeQueue: smmu0 }
  - { addQueue: smmu0 }
  - { removeDevice: nic0 }
  - { surpriseRemove: dsp0 }
`;
  const withSteps = (change: (text: string) => string = (text) => text): string =>
    `${written.replace('  - name: d\n', '  - { name: e, pasid: 1 }\n  - { name: f }\n  - name: d\n')}${change(steps)}`;

  test('names become numbers', () => {
    const d = { process: 'd', mm: 5, pasid: 7 };
    const b = { process: 'b', mm: 1, pasid: 1 };
    const [nic, dsp] = [
      { name: 'nic0', device: 0 },
      { name: 'dsp0', device: 1 },
    ];
    const [first, ...others] = resolve(withSteps()).timeline;
    expect(first).toEqual({
      after: { accesses: 10, micros: 5 },
      do: { action: 'unmap', ...d, startPage: 0x100, pages: 300 },
    });
    expect(others.map((step) => step.do)).toEqual([
      { action: 'protect', ...d, startPage: 0x208, pages: 4, permissions: 1 },
      { action: 'migrate', ...d, startPage: 0x100, pages: 16 },
      { action: 'reclaim', shard: 1, pages: 3 },
      { action: 'exit', ...b },
      { action: 'unbind', ...b },
      { action: 'start', process: 'e', mm: 3, pasid: 1 },
      { action: 'replace-domain', process: 'a', mm: 0, pasid: 2, by: 'f', byMm: 4, ...nic },
      { action: 'hang-device', ...dsp },
      { action: 'reset-device', ...dsp },
      { action: 'remove-queue', name: 'smmu0', iommu: 1 },
      { action: 'add-queue', name: 'smmu0', iommu: 1 },
      { action: 'remove-device', ...nic },
      { action: 'surprise-remove', ...dsp },
    ]);
    expect(others.every((step) => !('after' in step))).toBe(true);
  });

  test('a process that takes a PASID over has that PASID, and the areas of the workloads it will find', () => {
    const { processes } = resolve(withSteps());
    expect(processes.map(({ name, pasid, starts }) => [name, pasid, starts])).toEqual([
      ['a', 2, 'begin'],
      ['b', 1, 'begin'],
      ['c', 3, 'begin'],
      ['e', 1, 'timeline'],
      ['f', 2, 'timeline'],
      ['d', 7, 'begin'],
    ]);
    expect(processes[4]?.vmas).toEqual(processes[0]?.vmas);
  });

  test('a step whose pages are in no area is refused with its line', () => {
    const text = withSteps((all) => all.replace('startPage: 0x208', 'startPage: 0x210'));
    expect(() => resolve(text)).toThrow(
      /^small\.yaml:34: found pages 0x210 to 0x213, where 'd' has no area, expected pages of an area: 0x100 to 0x10f, 0x200 to 0x20f$/,
    );
  });

  test('a protection that no translation can express is refused with its line (R5)', () => {
    const text = withSteps((all) => all.replace('permissions: r }', 'permissions: x }'));
    expect(() => resolve(text)).toThrow(/^small\.yaml:34: found an execute-only area/);
  });
});
