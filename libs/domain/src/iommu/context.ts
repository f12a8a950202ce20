import type { IopfGeneration } from '../iopf/generation';
import { GENERATIONS } from '../iopf/kernels';
import { createRouter, type QueueRouter } from '../iopf/topology';
import type { ResolvedIommuConfig } from './config';
import { type PageRequestRules, pageRequestRules } from './hardware/judge-page-request';
import { IOMMU_PROFILES, type IommuProfile, withQuirks } from './profile';

/** What every decision of one IOMMU needs besides its state; the same for its whole life. */
export interface IommuContext {
  readonly config: ResolvedIommuConfig;
  /** Kernel generation of the fault reporting layer. */
  readonly layer: IopfGeneration;
  /** The choices of its hardware and of its driver. */
  readonly profile: IommuProfile;
  readonly rules: PageRequestRules;
  readonly route: QueueRouter;
  /** Whether the topology looks at the mm of a group. */
  readonly routesByMm: boolean;
}

/** The context of an IOMMU with this configuration. */
export function createContext(config: ResolvedIommuConfig): IommuContext {
  const profile = withQuirks(IOMMU_PROFILES[config.profile], config.quirks);
  return {
    config,
    layer: GENERATIONS[config.generation],
    profile,
    rules: pageRequestRules(profile),
    route: createRouter(config.topology, config.iommu),
    routesByMm: config.topology === 'per-domain',
  };
}
