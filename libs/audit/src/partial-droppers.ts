import { IOMMU_PROFILES } from '@faultline/domain';

const profiles: ReadonlyMap<unknown, { dropsPartialsOnOverflow: boolean }> = new Map(
  Object.entries(IOMMU_PROFILES),
);

/**
 * IOMMUs of a scenario whose driver drops all partial lists when it leaves an overflow (R88). None where the scenario does not say: a log
 * may hold anything.
 */
export function partialDroppers(scenario: unknown): ReadonlySet<number> {
  const droppers = new Set<number>();
  const iommus = fieldOf(scenario, 'iommus');
  for (const each of Array.isArray(iommus) ? (iommus as unknown[]) : []) {
    const iommu = fieldOf(each, 'iommu');
    if (typeof iommu === 'number' && profiles.get(fieldOf(each, 'profile'))?.dropsPartialsOnOverflow)
      droppers.add(iommu);
  }
  return droppers;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
