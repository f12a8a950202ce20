import type { IommuCommand } from './commands';
import type { IommuEvent } from './events';
import { groupDiscarded, partialsDiscarded, stallAborted } from './reset';
import type { IommuState } from './state';

type CommandOf<Kind extends IommuCommand['kind']> = Extract<IommuCommand, { kind: Kind }>;

const NOTHING: readonly IommuEvent[] = [];

/** A new owner; an epoch that is not newer is nobody's (D4). */
export function decideBeginEpoch(state: IommuState, epoch: number): readonly IommuEvent[] {
  const { iommu, epoch: current } = state.durable;
  return epoch > current ? [{ kind: 'IommuOwnerChanged', iommu, epoch }] : NOTHING;
}

/** The device may send page requests or stall (R91). An attached device stays as it is. */
export function decideAttach(state: IommuState, command: CommandOf<'AttachDevice'>): readonly IommuEvent[] {
  const { device, segment, model, responsePasidRequired } = command;
  if (state.durable.devices.get(device)?.attached) return NOTHING;
  return [{ kind: 'DeviceAttached', device, segment, model, responsePasidRequired }];
}

/**
 * The device goes away: what is open of it ends, partials dropped, groups discarded, stalls aborted (R89, R104). Whoever wants
 * the faults answered first waits until the device is drained. Its records in the rings are refused when they are drained.
 */
export function decideDetach(state: IommuState, device: number, nowMicros: number): readonly IommuEvent[] {
  const { devices, iopf, retrying } = state.durable;
  const entry = devices.get(device);
  if (entry === undefined || !entry.attached) return NOTHING;
  const events: IommuEvent[] = [];
  const partials = iopf.devices.get(device)?.partial.length ?? 0;
  if (partials > 0) events.push(partialsDiscarded(device, partials, 'removed'));
  for (const group of iopf.groups.values()) {
    if (group.device === device) events.push(groupDiscarded(state, group.serial, device, 'removed'));
  }
  for (const stall of entry.stalls.values()) events.push(stallAborted(stall, nowMicros));
  for (const stall of retrying) if (stall.device === device) events.push(stallAborted(stall, nowMicros));
  for (const [pasid, { generation }] of entry.bindings) {
    events.push({ kind: 'PasidUnbound', device, pasid, generation });
  }
  events.push({ kind: 'DeviceDetached', device });
  return events;
}

/** (device, PASID) translates through an mm; a device may be bound before it is attached. Binding again is nothing new (R92). */
export function decideBind(state: IommuState, command: CommandOf<'BindPasid'>): readonly IommuEvent[] {
  const { device, pasid, mm, shard, generation } = command;
  const bound = state.durable.devices.get(device)?.bindings.get(pasid);
  if (bound !== undefined && bound.mm === mm && bound.generation === generation) return NOTHING;
  const events: IommuEvent[] = [];
  if (bound !== undefined) events.push({ kind: 'PasidUnbound', device, pasid, generation: bound.generation });
  events.push({ kind: 'PasidBound', device, pasid, mm, shard, generation });
  return events;
}

/** The PASID entry is not present any more: translations miss, and later page requests have generation 0 (R95 step 2, R98). */
export function decideUnbind(state: IommuState, device: number, pasid: number): readonly IommuEvent[] {
  const bound = state.durable.devices.get(device)?.bindings.get(pasid);
  return bound === undefined
    ? NOTHING
    : [{ kind: 'PasidUnbound', device, pasid, generation: bound.generation }];
}
