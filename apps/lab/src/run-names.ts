import { existsSync, readFileSync } from 'node:fs';
import type { ResolvedScenario } from '@faultline/contracts';
import type { Names } from './print/timeline';
import type { RunFolder } from './run/run-folder';

/** The scenario as it was run; `undefined` when the folder was copied without it. */
export function scenarioOf(folder: RunFolder): ResolvedScenario | undefined {
  if (!existsSync(folder.scenario)) return undefined;
  return JSON.parse(readFileSync(folder.scenario, 'utf8')) as ResolvedScenario;
}

/** Names of devices and IOMMUs; numbers where the scenario is not at hand. */
export function namesOf(scenario: ResolvedScenario | undefined): Names {
  return {
    device: (index) => scenario?.devices.find(({ device }) => device === index)?.name ?? `device ${index}`,
    iommu: (index) => scenario?.iommus.find(({ iommu }) => iommu === index)?.name ?? `iommu ${index}`,
  };
}
