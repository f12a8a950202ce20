import type { ControlVerbs } from './control';
import { deviceOf, processOf, type ResolvedScenario } from './scenario';
import { iommuUnit, segmentUnit, shardUnit } from './units';

type Topology = Pick<ResolvedScenario, 'devices' | 'iommus' | 'processes' | 'shards'>;

/** A control request named something that the scenario does not have. */
export class NotInScenario extends Error {
  constructor(
    readonly verb: string,
    readonly what: string,
  ) {
    super(`${verb}: the scenario has no ${what}`);
    this.name = 'NotInScenario';
  }
}

/**
 * The units that a control request is for: the one that owns what it names, or every unit of the service where it names nothing.
 * Empty for services without units. Throws {@link NotInScenario}.
 */
export function unitsAsked<V extends keyof ControlVerbs>(
  verb: V,
  request: object,
  scenario: Topology,
): string[] {
  const named = request as { device?: number; iommu?: number; mm?: number; shard?: number };
  const service = verb.slice(0, verb.indexOf('.'));
  if (service === 'mm-handler') return shardsAsked(verb, named, scenario);
  if (service === 'iommu' || service === 'device-emulator') {
    const { device, iommu } = named;
    if (device !== undefined) {
      const found = deviceOf(scenario, device);
      if (!found) throw new NotInScenario(verb, `device ${device}`);
      return [service === 'iommu' ? iommuUnit(found.iommu) : segmentUnit(found.segment)];
    }
    if (iommu !== undefined) return [iommuUnit(iommu)];
    return scenario.iommus.map((each) =>
      service === 'iommu' ? iommuUnit(each.iommu) : segmentUnit(each.segment),
    );
  }
  return [];
}

function shardsAsked(
  verb: string,
  { mm, shard }: { mm?: number; shard?: number },
  scenario: Topology,
): string[] {
  if (shard !== undefined && mm === undefined) return [shardUnit(shard)];
  if (mm === undefined) return scenario.shards.map((each) => shardUnit(each.shard));
  const process = processOf(scenario, mm);
  if (!process) throw new NotInScenario(verb, `address space ${mm}`);
  return [shardUnit(process.shard)];
}
