import { createRouter, type QueueRouter } from '../iopf/topology';
import { G1, type IopfGeneration } from '../iopf/generation';
import type { ResolvedIommuConfig } from './config';

/** What every decision of one IOMMU needs besides its state; the same for its whole life. */
export interface IommuContext {
  readonly config: ResolvedIommuConfig;
  /** Kernel generation of the fault reporting layer. */
  readonly layer: IopfGeneration;
  readonly route: QueueRouter;
  /** Whether the topology looks at the mm of a group. */
  readonly routesByMm: boolean;
}

/** The context of an IOMMU with this configuration. */
export function createContext(config: ResolvedIommuConfig): IommuContext {
  return {
    config,
    layer: G1,
    route: createRouter(config.topology, config.iommu),
    routesByMm: config.topology === 'per-domain',
  };
}
