import type { z } from 'zod';
import type { scenarioSchema, ScenarioWorkload } from './schema';

type Written = z.infer<typeof scenarioSchema>;

/** One of the copies that an entry of a list stands for. */
export type Copy<Entry> = Omit<Entry, 'count'> & {
  /** The entry's place in its list of the file. */
  entry: number;
};

/** A scenario as written, with its defaults filled in and every entry with a `count` written out. */
export type Scenario = Omit<Written, 'iommus' | 'processes' | 'devices'> & {
  iommus: Copy<Written['iommus'][number]>[];
  processes: Copy<Written['processes'][number]>[];
  devices: Copy<Written['devices'][number]>[];
};

/**
 * Writes out entries that stand for several: `web` with a count of 3 becomes `web-0`, `web-1` and `web-2`. A device that names such an
 * entry gets the copy with its own number, and begins again with the first when there are fewer of them.
 */
export function writeOutCopies(scenario: Written): Scenario {
  const iommuFor = copyIn(scenario.iommus);
  const processFor = copyIn(scenario.processes);
  return {
    ...scenario,
    iommus: copiesOf(scenario.iommus),
    processes: copiesOf(scenario.processes),
    devices: copiesOf(scenario.devices, (device, copy) => ({
      ...device,
      iommu: iommuFor(device.iommu, copy),
      workloads: device.workloads.map((workload) =>
        workloadOf(workload, processFor(workload.process, copy), copy),
      ),
    })),
  };
}

function copiesOf<Entry extends { name: string; count?: number }>(
  entries: readonly Entry[],
  change: (entry: Entry, copy: number) => Entry = (entry) => entry,
): Copy<Entry>[] {
  return entries.flatMap((written, entry) =>
    Array.from({ length: written.count ?? 1 }, (_, copy): Copy<Entry> => {
      const { count, ...rest } = change(written, copy);
      return { ...rest, name: copyName(written.name, count, copy), entry };
    }),
  );
}

/** Which copy of an entry with a name a device gets: entries of different lists may share a name. */
function copyIn(
  entries: readonly { name: string; count?: number }[],
): (name: string, copy: number) => string {
  const counts = new Map(entries.map(({ name, count }) => [name, count]));
  return (name, copy) => copyName(name, counts.get(name), copy);
}

/** Without a count an entry stands for itself. */
function copyName(name: string, count: number | undefined, copy: number): string {
  return count === undefined ? name : `${name}-${copy % count}`;
}

/** Copies that share an address space may each have pages of their own. */
function workloadOf(workload: ScenarioWorkload, process: string, copy: number): ScenarioWorkload {
  if ('trace' in workload) return { ...workload, process };
  return { ...workload, process, startPage: workload.startPage + copy * workload.pagesApart };
}

/** Where in the file a part of the scenario stands, given where it stands once copies are written out. */
export function writtenPath(
  scenario: Scenario,
  [list, place, ...rest]: readonly PropertyKey[],
): PropertyKey[] {
  const entries =
    list === 'iommus' || list === 'processes' || list === 'devices' ? scenario[list] : undefined;
  const entry = typeof place === 'number' ? entries?.[place]?.entry : undefined;
  return [list, entry ?? place, ...rest].filter((part) => part !== undefined);
}
