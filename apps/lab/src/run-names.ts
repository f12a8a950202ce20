import type { ResolvedScenario } from '@faultline/contracts';
import type { Names } from './print/timeline';
import { hasLists, readKept } from './run/kept-json';
import type { RunFolder } from './run/run-folder';

/** The scenario as it was run; `undefined` when the folder was copied without it. Throws `BadInput` when it is damaged. */
export function scenarioOf(folder: RunFolder): ResolvedScenario | undefined {
  return readKept({
    path: folder.scenario,
    holds: 'the scenario as it was run',
    isWhole: (value): value is ResolvedScenario => hasLists(value, 'devices', 'iommus', 'processes'),
  });
}

/** Names of devices and IOMMUs; numbers where the scenario is not at hand. */
export function namesOf(scenario: ResolvedScenario | undefined): Names {
  return {
    device: (index) => scenario?.devices.find(({ device }) => device === index)?.name ?? `device ${index}`,
    iommu: (index) => scenario?.iommus.find(({ iommu }) => iommu === index)?.name ?? `iommu ${index}`,
  };
}
