import { parseScenario, ScenarioError, writtenPath } from '.';

const text = `name: many
iommus:
  - { name: pri, model: pri, count: 2 }
  - { name: smmu, model: stall }
processes:
  - { name: web, count: 3 }
  - { name: codec }
devices:
  - name: nic
    count: 4
    iommu: pri
    workloads:
      - { process: web, pattern: sequential, accesses: 10, startPage: 100, pages: 10, pagesApart: 50 }
  - name: dsp
    iommu: smmu
    workloads:
      - { process: codec, pattern: sequential, accesses: 10 }
`;

function complaint(settings: string[]): string {
  try {
    parseScenario('s.yaml', text, settings);
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
  return 'no complaint';
}

describe('entries with a count', () => {
  const scenario = parseScenario('s.yaml', text);

  it('stand for so many, each with a name of its own', () => {
    const names = (entries: { name: string }[]): string[] => entries.map(({ name }) => name);
    expect(names(scenario.iommus)).toEqual(['pri-0', 'pri-1', 'smmu']);
    expect(names(scenario.processes)).toEqual(['web-0', 'web-1', 'web-2', 'codec']);
    expect(names(scenario.devices)).toEqual(['nic-0', 'nic-1', 'nic-2', 'nic-3', 'dsp']);
  });

  it('give each copy of a device the copy with its number, in turns', () => {
    expect(scenario.devices.map(({ iommu }) => iommu)).toEqual(['pri-0', 'pri-1', 'pri-0', 'pri-1', 'smmu']);
    expect(scenario.devices.map(({ workloads }) => workloads[0]?.process)).toEqual([
      'web-0',
      'web-1',
      'web-2',
      'web-0',
      'codec',
    ]);
  });

  it('are those of their own list, whatever entries of another are called', () => {
    const { devices } = parseScenario('s.yaml', text, [
      'processes.0.name=pri',
      'devices.0.workloads.0.process=pri',
    ]);
    expect(devices.map(({ iommu }) => iommu)).toEqual(['pri-0', 'pri-1', 'pri-0', 'pri-1', 'smmu']);
    expect(devices.map(({ workloads }) => workloads[0]?.process)).toEqual([
      'pri-0',
      'pri-1',
      'pri-2',
      'pri-0',
      'codec',
    ]);
  });

  it('may leave room between the pages of copies', () => {
    const firsts = scenario.devices.map(({ workloads }) =>
      workloads.map((workload) => ('trace' in workload ? -1 : workload.startPage)),
    );
    expect(firsts).toEqual([[100], [150], [200], [250], [0x10000]]);
  });

  it('are found again in the file', () => {
    expect(writtenPath(scenario, ['devices', 4, 'credits'])).toEqual(['devices', 1, 'credits']);
    expect(writtenPath(scenario, ['iommus', 1])).toEqual(['iommus', 0]);
    expect(writtenPath(scenario, ['timeline', 3])).toEqual(['timeline', 3]);
    expect(writtenPath(scenario, ['devices'])).toEqual(['devices']);
  });

  it('are one with a number behind its name when the count is 1', () => {
    const one = parseScenario('s.yaml', text, ['processes.0.count=1']);
    expect(one.processes.map(({ name }) => name)).toEqual(['web-0', 'codec']);
    expect(new Set(one.devices.slice(0, 4).map(({ workloads }) => workloads[0]?.process))).toEqual(
      new Set(['web-0']),
    );
  });

  it('are named one by one where something names them', () => {
    const timeline = 'timeline=[{after: {accesses: 1}, unbind: web-2}]';
    expect(parseScenario('s.yaml', text, [timeline]).timeline).toHaveLength(1);
    expect(complaint(['timeline=[{unbind: web}]'])).toMatch(
      /process 'web', expected one of web-0, web-1, web-2/,
    );
  });

  it('are complained of where they are written', () => {
    expect(complaint(['devices.1.iommu=none'])).toMatch(/^s\.yaml:15: found iommu 'none'/);
    expect(complaint(['processes.1.name=web-1'])).toMatch(/name 'web-1' twice in processes/);
    expect(complaint(['iommus.0.count=1024'])).toMatch(/found 1025 IOMMUs, expected at most 1024/);
  });
});
