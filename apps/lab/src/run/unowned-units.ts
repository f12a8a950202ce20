import {
  iommuUnit,
  type Presence,
  type ResolvedScenario,
  segmentUnit,
  type ServiceName,
  shardUnit,
} from '@faultline/contracts';
import type { PresenceBoard } from '@faultline/runtime';

const SERVICE_OF: Readonly<Record<string, ServiceName>> = {
  iommu: 'iommu',
  segment: 'device-emulator',
  mm: 'mm-handler',
};

/** Units of the scenario that no ready instance owns, with what is known of those who could. */
export function unownedUnits(
  { iommus, shards }: Pick<ResolvedScenario, 'iommus' | 'shards'>,
  board: Pick<PresenceBoard, 'here'>,
): string[] {
  const here = board.here();
  const owned = new Set(here.flatMap(({ state, units }) => (state === 'ready' ? units : [])));
  const units = [
    ...iommus.flatMap(({ iommu, segment }) => [iommuUnit(iommu), segmentUnit(segment)]),
    ...shards.map(({ shard }) => shardUnit(shard)),
  ];
  return units.filter((unit) => !owned.has(unit)).map((unit) => `${unit} (${lookedFor(unit, here)})`);
}

/** What is known of those who could be what is looked for: a unit, or a service by its name. */
export function lookedFor(name: string, here: readonly Presence[]): string {
  const service = SERVICE_OF[name.split('.')[0] ?? ''] ?? name;
  const candidates = here.filter((each) => each.service === service);
  if (candidates.length === 0) return `no ${service} was heard of`;
  return candidates.map(({ instance, state }) => `${instance} is ${state}`).join(', ');
}
