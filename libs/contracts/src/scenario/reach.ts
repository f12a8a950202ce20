import type { ResolvedStep } from './timeline';

interface Topology {
  readonly iommus: readonly { iommu: number }[];
  readonly devices: readonly { iommu: number; workloads: readonly { mm: number; pasid: number }[] }[];
  readonly timeline: readonly ResolvedStep[];
}

/**
 * For each IOMMU the address spaces that devices behind it may ever translate through: those they work for, and those that take the
 * place of one under its PASID (R105). An IOMMU keeps the page tables of these, and their pages are invalidated there.
 */
export function reachOfIommus({ iommus, devices, timeline }: Topology): Map<number, Set<number>> {
  const reach = new Map(iommus.map(({ iommu }) => [iommu, new Set<number>()]));
  const replaced = timeline.flatMap(({ do: action }) => (action.action === 'replace-domain' ? [action] : []));
  for (const { iommu, workloads } of devices) {
    for (const { mm, pasid } of workloads) {
      const mms = reach.get(iommu);
      mms?.add(mm);
      for (const { byMm } of replaced.filter((each) => each.pasid === pasid)) mms?.add(byMm);
    }
  }
  return reach;
}
