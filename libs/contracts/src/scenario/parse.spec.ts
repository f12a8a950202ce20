import {
  automaticDeadlines,
  automaticTimeScale,
  costProfiles,
  deadlineWallMicros,
  parseScenario,
  ScenarioError,
  totalMicros,
} from '.';

const valid = `name: small
iommus:
  - name: pri0
    model: pri
processes:
  - name: web
devices:
  - name: nic0
    iommu: pri0
    workloads:
      - process: web
        pattern: uniform
        accesses: 100
`;

/** The error that parsing gives, as file, line, found and expected. */
function complaint(text: string, overrides: string[] = []): string {
  try {
    parseScenario('s.yaml', text, overrides);
  } catch (error) {
    if (error instanceof ScenarioError)
      return `${error.file}:${error.line} | ${error.found} | ${error.expected}`;
    throw error;
  }
  return 'no complaint';
}

describe('parseScenario', () => {
  it('fills in every default', () => {
    const scenario = parseScenario('s.yaml', valid);
    expect(scenario).toMatchObject({
      seed: 1,
      profile: 'pri-minor',
      timeScale: 'auto',
      queues: 'per-iommu',
      workers: { processes: 2, servers: 16, wakeMicros: 0, switchMicros: 0, queueLockMicros: 0 },
      replicas: { deviceEmulators: 1, iommus: 1, mmHandlers: 1 },
      mm: { shards: 1, framesPerShard: 65_536, reclaim: 'lru', faultAround: 1, premap: 1, lockMicros: 0 },
      iopf: { generation: 'g1', order: 'fifo', quantum: 8, window: 64 },
      deadlines: { teardownStepMicros: 'auto', invalidationMicros: 'auto' },
      timeline: [],
    });
    expect(scenario.iommus[0]?.profile).toBe('riscv');
    expect(scenario.devices[0]).toMatchObject({
      credits: 32,
      atcEntries: 64,
      pagesPerGroup: 1,
      responsePasidRequired: true,
      responseTimeoutMicros: 10_000_000,
      handler: true,
      ...{ onFault: 'wait', retryMicros: 200_000, retryMaxMicros: 120_000_000 },
    });
  });

  it('applies settings with dotted keys before anything is checked', () => {
    const scenario = parseScenario('s.yaml', valid, [
      'workers.processes=4',
      'devices.0.credits=8',
      'name=other',
      'timeScale=2.5',
    ]);
    expect(scenario).toMatchObject({ name: 'other', timeScale: 2.5, workers: { processes: 4, servers: 16 } });
    expect(scenario.devices[0]?.credits).toBe(8);
  });

  it.each<[string, string, string[], string | RegExp]>([
    ['broken YAML', 'name: [1,\n', [], /^s\.yaml:\d+ \| (?!.*at line).* \| YAML$/],
    ['no mapping', '- 1\n', [], /^s\.yaml:1 \| no mapping at the top/],
    [
      'an unknown key, by its line',
      valid.replace('    model: pri', '    model: pri\n    ringEntries: 8'),
      [],
      "s.yaml:5 | unknown key 'iommus.0.ringEntries' | a key of the scenario reference (docs/reference/scenario.md)",
    ],
    [
      'an unknown key in a workload, by its line',
      valid.replace('        accesses: 100', '        accesses: 100\n        acesses: 1'),
      [],
      "s.yaml:14 | unknown key 'devices.0.workloads.0.acesses' | a key of the scenario reference (docs/reference/scenario.md)",
    ],
    [
      'a wrong word',
      valid.replace('model: pri', 'model: prr'),
      [],
      /^s\.yaml:4 \| 'iommus\.0\.model' "prr" \| .*"pri"\|"stall"/,
    ],
    [
      'a number out of range, without the words of the checker',
      valid.replace('accesses: 100', 'accesses: -5'),
      [],
      "s.yaml:13 | 'devices.0.workloads.0.accesses' -5 | a number >0",
    ],
    [
      'a ring that is no power of two',
      valid.replace('model: pri', 'model: pri\n    priQueueEntries: 100'),
      [],
      /^s\.yaml:5 \| 'iommus\.0\.priQueueEntries' 100 \| a power of two/,
    ],
    ['a missing list', valid.replace(/devices:[^]*/, ''), [], /^s\.yaml:1 \| no 'devices' \| a list$/],
    [
      'a name that is nowhere',
      valid.replace('process: web', 'process: wep'),
      [],
      "s.yaml:11 | process 'wep' | one of web",
    ],
    [
      'a device behind no IOMMU',
      valid.replace('iommu: pri0', 'iommu: pri1'),
      [],
      "s.yaml:9 | iommu 'pri1' | one of pri0",
    ],
    [
      'a name twice',
      valid.replace('  - name: web', '  - name: web\n  - name: web'),
      [],
      "s.yaml:7 | name 'web' twice in processes | a name of its own for each",
    ],
    [
      'a PASID over 20 bits',
      valid.replace('name: web', 'name: web\n    pasid: 1048576'),
      [],
      /^s\.yaml:7 \| 'processes\.0\.pasid' 1048576/,
    ],
    [
      'a window that is no power of two',
      valid.replace('iommus:', 'mm: { faultAround: 12 }\niommus:'),
      [],
      /^s\.yaml:2 \| 'mm\.faultAround' 12 \| a power of two, or 1 for none/,
    ],
    [
      'a response timeout that is no time',
      valid.replace('iommu: pri0', 'iommu: pri0\n    responseTimeoutMicros: never'),
      [],
      /^s\.yaml:10 \| 'devices\.0\.responseTimeoutMicros' "never"/,
    ],
    [
      'a device that drops accesses behind an IOMMU that stalls',
      valid.replace('model: pri', 'model: stall').replace('iommu: pri0', 'iommu: pri0\n    onFault: drop'),
      [],
      "s.yaml:10 | onFault drop behind 'pri0', which stalls | wait: a stalling IOMMU holds the access itself; drop needs an IOMMU with model pri",
    ],
    [
      'a timer that shrinks',
      valid.replace('iommu: pri0', 'iommu: pri0\n    onFault: drop\n    retryMaxMicros: 10'),
      [],
      's.yaml:11 | retryMaxMicros 10 | at least retryMicros, which is 200000',
    ],
    [
      'a profile that is none',
      valid.replace('iommus:', 'profile: quick\niommus:'),
      [],
      /^s\.yaml:2 \| 'profile' "quick" \| .*"pri-minor"/,
    ],
    [
      'a stage that there is not',
      valid.replace('iommus:', 'profile: { busMicros: 1 }\niommus:'),
      [],
      "s.yaml:2 | unknown key 'profile.busMicros' | a key of the scenario reference (docs/reference/scenario.md)",
    ],
    [
      'a tail that is shorter than the median',
      valid.replace('iommus:', 'profile: { handlerMicros: { median: 5, p99: 4 } }\niommus:'),
      [],
      /'profile\.handlerMicros' .* \| a p99 that is not below the median/,
    ],
    [
      'a setting without a value',
      valid,
      ['workers'],
      "--set:0 | 'workers' | key=value, for example workers.processes=4",
    ],
    ['a setting below a value', valid, ['name.deeper=1'], /^--set:0 \| 'name\.deeper=1'/],
    ['a setting with a wrong value', valid, ['workers.processes=many'], /'workers\.processes' "many"/],
  ])('says where, what was found and what was expected: %s', (_case, text, overrides, expected) => {
    if (typeof expected === 'string') expect(complaint(text, overrides)).toBe(expected);
    else expect(complaint(text, overrides)).toMatch(expected);
  });
});

describe('cost profiles', () => {
  it('the automatic time scale makes modelled cost ten times the software cost', () => {
    const scale = automaticTimeScale(costProfiles['pri-minor']);
    expect(scale * totalMicros(costProfiles['pri-minor'])).toBeGreaterThanOrEqual(50_000);
    expect(automaticTimeScale(costProfiles.none)).toBe(1);
  });
});

describe('deadlines', () => {
  it('are model time in wall time, but never so short that the software alone could miss them', () => {
    expect(deadlineWallMicros(10_000, { timeScale: 500 })).toBe(5_000_000);
    expect(deadlineWallMicros(10_000, { timeScale: 1 })).toBe(2_000_000);
  });

  it('are what the model says where software takes no time', () => {
    expect(deadlineWallMicros(10_000, { timeScale: 1, leastDeadlineWallMicros: 0 })).toBe(10_000);
  });

  it('that are off stay off', () => expect(deadlineWallMicros(0, { timeScale: 500 })).toBe(0));

  it.each(Object.entries(costProfiles))(
    'automatic ones are many faults long in profile %s',
    (_name, cost) => {
      const { teardownStepMicros, invalidationMicros } = automaticDeadlines(cost);
      expect(teardownStepMicros).toBe(500 * Math.max(1, totalMicros(cost)));
      expect(invalidationMicros).toBe(100 * Math.max(1, totalMicros(cost)));
    },
  );
});
