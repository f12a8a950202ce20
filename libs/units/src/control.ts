import { type ControlVerbs, deviceOf, type ResolvedScenario, shardUnit } from '@faultline/contracts';
import { type MmCommand, shardOfPasid } from '@faultline/domain';
import { IommuUnit } from './iommu/iommu-unit';
import { ShardUnit } from './mm/shard-unit';
import type { OwnerServiceName, PathUnit } from './path-unit';
import type { SegmentUnit } from './segment/segment-unit';

type Request<V extends keyof ControlVerbs> = ControlVerbs[V]['request'];
type Reply<V extends keyof ControlVerbs> = ControlVerbs[V]['reply'];

/** Verbs that the owner of a unit answers. */
export type UnitVerb = Extract<keyof ControlVerbs, `${OwnerServiceName}.${string}`>;

/** How the units of a service answer its verbs. */
type Answers<Service extends OwnerServiceName, Unit> = {
  [V in Extract<UnitVerb, `${Service}.${string}`>]: (
    unit: Unit,
    request: Request<V>,
    scenario: ResolvedScenario,
  ) => Promise<Reply<V>> | Reply<V>;
};

/** Nothing is said beyond that it is done. */
const done = async (doing: Promise<unknown>): Promise<Record<string, never>> => {
  await doing;
  return {};
};

const ofIommu: Answers<'iommu', IommuUnit> = {
  'iommu.attach': async ({ control }, { device }, scenario) => {
    const found = deviceOf(scenario, device);
    return done(found ? control.attach(found) : Promise.resolve());
  },
  'iommu.bind': ({ control }, binding) => done(control.bind(binding)),
  'iommu.unbind': ({ control }, { device, pasid }) => control.unbind(device, pasid),
  'iommu.remove': ({ control }, { device }) => control.remove(device),
  'iommu.detach': ({ control }, { device }) => done(control.detach(device)),
  'iommu.reset': ({ control }, { device }) => done(control.reset(device)),
  'iommu.replace': ({ control }, binding) => done(control.replace(binding)),
  'iommu.free-queue': ({ control }) => done(control.freeQueue()),
  'iommu.alloc-queue': ({ control }) => done(control.allocQueue()),
  'iommu.progress': (unit) => unit.progress(),
};

const ofShard: Answers<'mm-handler', ShardUnit> = {
  'mm-handler.create': async (unit, process) => {
    await unit.create(process);
    return { mm: process.mm };
  },
  'mm-handler.bind': (unit, { mm, pasid }, scenario) =>
    inPlace(unit, mm, pasid, scenario).bind({ kind: 'BindPasid', pasid, mm }),
  'mm-handler.rebind': (unit, { mm, pasid }, scenario) =>
    inPlace(unit, mm, pasid, scenario).bind({ kind: 'RebindPasid', pasid, mm }),
  'mm-handler.unbind': (unit, { mm, pasid }, scenario) =>
    done(inPlace(unit, mm, pasid, scenario).unbind(mm, pasid)),
  'mm-handler.exit': (unit, { mm }) => change(unit, { kind: 'ExitAddressSpace', mm }),
  'mm-handler.unmap': (unit, range) => change(unit, { kind: 'UnmapVma', ...rangeOf(range) }),
  'mm-handler.protect': (unit, range) =>
    change(unit, { kind: 'ProtectVma', ...rangeOf(range), permissions: range.permissions }),
  'mm-handler.migrate': (unit, range) => change(unit, { kind: 'MigratePages', ...rangeOf(range) }),
  'mm-handler.reclaim': (unit, { pages }) => change(unit, { kind: 'ReclaimPages', pages }),
  'mm-handler.progress': (unit) => unit.progress(),
};

const ofSegment: Answers<'device-emulator', SegmentUnit> = {
  'device-emulator.start': (unit) => done(unit.begin()),
  'device-emulator.start-process': (unit, { mm }) => done(unit.startProcess(mm)),
  'device-emulator.stop': (unit) => done(unit.halt()),
  'device-emulator.hang': (unit, { device }) => done(unit.hang(device)),
  'device-emulator.remove': (unit, { device }) => done(unit.remove(device)),
  'device-emulator.progress': (unit) => unit.progress(),
};

/**
 * What the owner of a unit answers to a question of the control plane: when what it changes is in the log, and what that causes
 * outside is complete. Asking again changes nothing. Rejects with what the unit rejects with.
 */
export async function answerOf<V extends UnitVerb>(
  unit: PathUnit,
  verb: V,
  request: Request<V>,
  scenario: ResolvedScenario,
): Promise<Reply<V>> {
  const answers = unit instanceof IommuUnit ? ofIommu : unit instanceof ShardUnit ? ofShard : ofSegment;
  const answer = (answers as Record<string, unknown>)[verb] as
    ((unit: PathUnit, request: Request<V>, scenario: ResolvedScenario) => Promise<Reply<V>>) | undefined;
  if (!answer) throw new Error(`${unit.name} does not answer ${verb}`);
  return unit.asOwner(() => answer(unit, request, scenario));
}

/** Resolves when no translation of what the command takes away is left. */
const change = (unit: ShardUnit, command: MmCommand): Promise<Record<string, never>> =>
  done(unit.change(command));

/** The shard of an address space; the PASID that names it has to be in the same part of the PASID table (D7). */
function inPlace(unit: ShardUnit, mm: number, pasid: number, { shards }: ResolvedScenario): ShardUnit {
  if (shardUnit(shardOfPasid(pasid, shards.length)) !== unit.name)
    throw new Error(`PASID ${pasid} does not belong to the shard of mm ${mm}`);
  return unit;
}

function rangeOf({ mm, startPage, pages }: Request<'mm-handler.unmap'>): {
  mm: number;
  start: number;
  end: number;
} {
  return { mm, start: startPage, end: startPage + pages };
}
