import type { ResolvedDevice, ResolvedIommu, ResolvedProcess, ResolvedScenario } from './resolved';

/** For each list of a scenario its entries by number. A list is as it was resolved: nothing is added to it or taken from it later. */
const indexes = new WeakMap<readonly object[], ReadonlyMap<number, object>>();

function indexOf<Entry extends object>(
  entries: readonly Entry[],
  numberOf: (entry: Entry) => number,
): ReadonlyMap<number, Entry> {
  let index = indexes.get(entries) as ReadonlyMap<number, Entry> | undefined;
  if (!index) {
    index = new Map(entries.map((entry) => [numberOf(entry), entry]));
    indexes.set(entries, index);
  }
  return index;
}

/** The device of that number. A look costs the same among ten devices and among ten thousand, as those of processes and IOMMUs do. */
export function deviceOf(
  { devices }: Pick<ResolvedScenario, 'devices'>,
  device: number,
): ResolvedDevice | undefined {
  return indexOf(devices, (each) => each.device).get(device);
}

/** The process whose address space has that number. */
export function processOf(
  { processes }: Pick<ResolvedScenario, 'processes'>,
  mm: number,
): ResolvedProcess | undefined {
  return indexOf(processes, (each) => each.mm).get(mm);
}

/** The IOMMU of that number. */
export function iommuOf(
  { iommus }: Pick<ResolvedScenario, 'iommus'>,
  iommu: number,
): ResolvedIommu | undefined {
  return indexOf(iommus, (each) => each.iommu).get(iommu);
}
