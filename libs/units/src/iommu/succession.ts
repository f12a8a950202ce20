import type { ResolvedScenario } from '@faultline/contracts';
import { EVERY_DEVICE, EVERY_PASID } from '@faultline/domain';
import type { UnitPorts } from '../common';
import type { Invalidations } from './invalidations';

/**
 * What an owner that takes an IOMMU over sees to before it gives out a translation. Resolves when devices and replica hold nothing that
 * is out of date. Rejects with `UnitClosed` when the unit is lost first.
 */
export async function succeed(
  ports: UnitPorts,
  scenario: ResolvedScenario,
  invalidations: Invalidations,
): Promise<void> {
  await Promise.all([emptyCaches(invalidations), catchUp(ports, scenario, invalidations)]);
}

/** What the devices' caches hold is in no log, so a new owner cannot know what the one before still had to take out (D4). */
async function emptyCaches(invalidations: Invalidations): Promise<void> {
  await invalidations.askDevices([
    {
      kind: 'InvalidatePages',
      device: EVERY_DEVICE,
      pasid: EVERY_PASID,
      mm: 0,
      shard: 0,
      sequence: 0,
      ranges: [{ page: 0, pages: 0 }],
    },
  ]);
}

/**
 * What the owner before said is out of all caches has been used for something else since: its successor translates by nothing older
 * than what stands in the shards' logs now (D3, D4).
 */
async function catchUp(
  { log, subjects }: UnitPorts,
  scenario: ResolvedScenario,
  invalidations: Invalidations,
): Promise<void> {
  const upToEnd = async (shard: number): Promise<void> => {
    const end = await log.last(subjects.mmLog(shard));
    if (end) await invalidations.replicaAt(shard, end.sequence);
  };
  await Promise.all(scenario.shards.map(({ shard }) => upToEnd(shard)));
}
