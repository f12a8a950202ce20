import { MAX_STALL_TAG } from '@faultline/domain';
import { type DocumentKind, type Path, readDocument } from '../documents';
import { ScenarioError } from './errors';
import { type Scenario, writeOutCopies, writtenPath } from './copies';
import { MAX_IOMMUS, scenarioSchema } from './schema';
import { checkTimeline, type Fail } from './timeline-check';

const SCENARIO: DocumentKind = {
  what: 'a scenario: a mapping with name, iommus, processes, devices',
  reference: 'the scenario reference (docs/reference/scenario.md)',
  exampleSetting: 'workers.processes=4',
};

/**
 * Reads a scenario file (YAML, of which JSON is a part). `overrides` are `key=value` settings with dotted keys
 * (`workers.processes=4`, `devices.0.credits=8`), applied before anything is checked.
 * Throws {@link ScenarioError} for the first thing that is wrong.
 */
export function parseScenario(file: string, text: string, overrides: readonly string[] = []): Scenario {
  const { data, lineOf } = readDocument(SCENARIO, scenarioSchema, file, text, overrides);
  const scenario = writeOutCopies(data);
  return checkReferences(file, (path) => lineOf(writtenPath(scenario, path)), scenario);
}

/** Names must be unique and must name something that exists; a PASID has one owner at a time; each step must be possible. */
function checkReferences(file: string, lineOf: (path: Path) => number, scenario: Scenario): Scenario {
  const fail = (path: Path, found: string, expected: string): never => {
    throw new ScenarioError(file, lineOf(path), found, expected);
  };
  if (scenario.iommus.length > MAX_IOMMUS)
    fail(['iommus'], `${scenario.iommus.length} IOMMUs`, `at most ${MAX_IOMMUS}, copies included`);
  for (const list of ['iommus', 'processes', 'devices'] as const) {
    const seen = new Set<string>();
    scenario[list].forEach((entry, index) => {
      if (seen.has(entry.name))
        fail([list, index, 'name'], `name '${entry.name}' twice in ${list}`, 'a name of its own for each');
      seen.add(entry.name);
    });
  }
  const iommus = new Set(scenario.iommus.map((each) => each.name));
  const processes = new Set(scenario.processes.map((each) => each.name));
  scenario.devices.forEach((device, index) => {
    if (!iommus.has(device.iommu))
      fail(['devices', index, 'iommu'], `iommu '${device.iommu}'`, oneOf(iommus));
    checkDrops(scenario, index, fail);
    const outstanding = device.workloads.reduce((sum, workload) => sum + workload.outstanding, 0);
    if (outstanding > MAX_STALL_TAG + 1) {
      fail(
        ['devices', index, 'workloads'],
        `${outstanding} accesses outstanding`,
        `at most ${MAX_STALL_TAG + 1} a device, as many as there are stall tags (R32)`,
      );
    }
    device.workloads.forEach((workload, place) => {
      if (!processes.has(workload.process)) {
        fail(
          ['devices', index, 'workloads', place, 'process'],
          `process '${workload.process}'`,
          oneOf(processes),
        );
      }
    });
  });
  checkTimeline(scenario, fail);
  return scenario;
}

/** Names that a line has room for. */
const NAMES_SHOWN = 12;

function oneOf(names: ReadonlySet<string>): string {
  const shown = [...names].slice(0, NAMES_SHOWN);
  return `one of ${shown.join(', ')}${names.size > NAMES_SHOWN ? `, ... (${names.size} in all)` : ''}`;
}

/** A stalling IOMMU holds what its devices cannot, so that nothing is dropped there; a timer does not shrink. */
function checkDrops({ devices, iommus }: Scenario, index: number, fail: Fail): void {
  const device = devices[index];
  if (device?.onFault !== 'drop') return;
  const { iommu, retryMicros, retryMaxMicros } = device;
  if (iommus.find(({ name }) => name === iommu)?.model === 'stall') {
    fail(
      ['devices', index, 'onFault'],
      `onFault drop behind '${iommu}', which stalls`,
      'wait: a stalling IOMMU holds the access itself; drop needs an IOMMU with model pri',
    );
  }
  if (retryMaxMicros < retryMicros) {
    fail(
      ['devices', index, 'retryMaxMicros'],
      `retryMaxMicros ${retryMaxMicros}`,
      `at least retryMicros, which is ${retryMicros}`,
    );
  }
}
