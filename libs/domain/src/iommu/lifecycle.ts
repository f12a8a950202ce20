import { devicesOfQueue } from '../iopf/queues';
import type { IommuCommand } from './commands';
import type { IommuContext } from './context';
import { answeredInvalid, discardOpen, dropPartials } from './endings';
import type { IommuEvent, RequestRecord } from './events';
import { findTeardown } from './queries';
import { type DeviceEntry, type IommuState, LAYER_QUEUE } from './state';

type CommandOf<Kind extends IommuCommand['kind']> = Extract<IommuCommand, { kind: Kind }>;

const NOTHING: readonly IommuEvent[] = [];

/** A PASID of a device cannot be bound, because an older use of it is not over (R102). */
export class PasidInUse extends Error {
  override readonly name = 'PasidInUse';

  constructor(
    readonly device: number,
    readonly pasid: number,
    state: 'is bound to another mm: unbind it first, or replace it' | 'is being torn down: wait for its end',
  ) {
    super(`PASID ${pasid} of device ${device} ${state}`);
  }
}

/** A device cannot be bound to the address space: the IOMMU was told that it never would, and has no page tables of it. */
export class MmOutOfReach extends Error {
  override readonly name = 'MmOutOfReach';

  constructor(
    readonly iommu: number,
    readonly mm: number,
  ) {
    super(`address space ${mm} is none that devices behind IOMMU ${iommu} work for in this scenario`);
  }
}

function checkReach({ durable: { iommu }, volatile: { reach } }: IommuState, mm: number): void {
  if (reach !== null && !reach.has(mm)) throw new MmOutOfReach(iommu, mm);
}

/** A new owner; an epoch that is not newer is nobody's (D4). */
export function decideBeginEpoch(state: IommuState, epoch: number): readonly IommuEvent[] {
  const { iommu, epoch: current } = state.durable;
  return epoch > current ? [{ kind: 'IommuOwnerChanged', iommu, epoch }] : NOTHING;
}

/** The device may send page requests or stall (R91). An attached device stays as it is. */
export function decideAttach(state: IommuState, command: CommandOf<'AttachDevice'>): readonly IommuEvent[] {
  if (state.durable.devices.get(command.device)?.attached) return NOTHING;
  return [{ ...command, kind: 'DeviceAttached' }];
}

/**
 * The device leaves its IOPF queue and the IOMMU (R89, R104): partials are dropped, groups answered or discarded as the layer
 * does it, stalls aborted, bindings gone. Whoever wants the faults handled waits until the device is drained. Its records in the
 * rings are refused when they are drained.
 */
export function decideDetach(
  context: IommuContext,
  state: IommuState,
  device: number,
  nowMicros: number,
): readonly IommuEvent[] {
  const entry = state.durable.devices.get(device);
  if (entry === undefined || !entry.attached) return NOTHING;
  const concerns = (record: RequestRecord): boolean => record.device === device;
  const { answered } = context.layer.planRemoval(state.durable.iopf, LAYER_QUEUE, device);
  return [
    ...dropPartials(state, concerns, 'removed'),
    ...answered.flatMap((group) => answeredInvalid(state, group, 'removed', nowMicros)),
    ...discardOpen(state, concerns, 'removed', nowMicros, answered),
    ...unbindAll(entry),
    { kind: 'DeviceDetached', device },
  ];
}

function unbindAll({ device, bindings }: DeviceEntry): IommuEvent[] {
  return [...bindings].map(([pasid, { generation }]) => ({
    kind: 'PasidUnbound',
    device,
    pasid,
    generation,
  }));
}

/**
 * (device, PASID) translates through an mm; a device may be bound before it is attached. Binding again is nothing new (R92). Throws
 * {@link PasidInUse} while an older use of the PASID is not over, and {@link MmOutOfReach}.
 */
export function decideBind(state: IommuState, command: CommandOf<'BindPasid'>): readonly IommuEvent[] {
  const { device, pasid } = command;
  checkReach(state, command.mm);
  if (findTeardown(state, device, pasid) !== undefined)
    throw new PasidInUse(device, pasid, 'is being torn down: wait for its end');
  const bound = state.durable.devices.get(device)?.bindings.get(pasid);
  if (bound === undefined) return [{ ...command, kind: 'PasidBound' }];
  if (bound.generation === command.generation) return NOTHING;
  throw new PasidInUse(device, pasid, 'is bound to another mm: unbind it first, or replace it');
}

/**
 * Another domain takes the place of the one that is bound: first the new binding, then the old one's open groups are answered
 * INVALID (R105). Records that are still in a ring follow, since their generation is refused (D2).
 */
export function decideReplace(
  state: IommuState,
  command: CommandOf<'ReplaceBinding'>,
  nowMicros: number,
): readonly IommuEvent[] {
  const { device, pasid, generation } = command;
  checkReach(state, command.mm);
  if (findTeardown(state, device, pasid) !== undefined)
    throw new PasidInUse(device, pasid, 'is being torn down: wait for its end');
  const bound = state.durable.devices.get(device)?.bindings.get(pasid);
  if (bound?.generation === generation) return NOTHING;
  const concerns = (record: RequestRecord): boolean =>
    record.device === device && record.pasid === pasid && record.generation === bound?.generation;
  const events: IommuEvent[] = [{ ...command, kind: 'PasidBound' }];
  for (const group of state.durable.iopf.groups.values()) {
    if (group.members.some(concerns)) events.push(...answeredInvalid(state, group, 'replaced', nowMicros));
  }
  return events;
}

/** The IOPF queue goes: its devices leave it one by one, with what the layer does to their groups then, and are in no queue. */
export function decideFreeQueue(
  context: IommuContext,
  state: IommuState,
  nowMicros: number,
): readonly IommuEvent[] {
  const { iopf } = state.durable;
  if (!iopf.queues.has(LAYER_QUEUE)) return NOTHING;
  const events: IommuEvent[] = [];
  for (const device of devicesOfQueue(iopf, LAYER_QUEUE)) {
    const { answered } = context.layer.planRemoval(iopf, LAYER_QUEUE, device);
    events.push(...dropPartials(state, (record) => record.device === device, 'queue-freed'));
    events.push(...answered.flatMap((group) => answeredInvalid(state, group, 'removed', nowMicros)));
  }
  return [...events, { kind: 'QueueFreed' }];
}

/** There is an IOPF queue again, with every attached device. */
export function decideAllocQueue(state: IommuState): readonly IommuEvent[] {
  return state.durable.iopf.queues.has(LAYER_QUEUE) ? NOTHING : [{ kind: 'QueueAllocated' }];
}
