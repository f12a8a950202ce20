import type { ResolvedTrace } from '@faultline/contracts';
import type { PageRange } from './areas';

/** What a complete look at a trace file has shown. */
export interface TraceFacts {
  /** Absolute path. */
  file: string;
  format: ResolvedTrace['format'];
  /** Accesses it holds, after runs of one page were collapsed and the scenario's limit was applied. */
  accesses: number;
  /** Pages those accesses touch. */
  ranges: PageRange[];
}

/** The facts of each trace workload, by its place in the scenario. */
export type TraceFactsByPlace = ReadonlyMap<string, TraceFacts>;

/** Place of a workload: which device, which of its workloads. */
export function workloadPlace(device: number, workload: number): string {
  return `${device}.${workload}`;
}
