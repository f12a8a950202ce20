import { EVERY_PASID } from '../device/atc';
import type { InvalidateIotlbCommand } from './commands';
import type { IotlbInvalidated } from './events';
import type { IommuState } from './state';

/** The mm of an invalidation that must reach every mm. */
const EVERY_MM = -1;

/** Whether the replica has folded the removal at this log sequence, so that its page can no longer be cached again (D3). */
export function canInvalidate(state: IommuState, shard: number, sequence: number): boolean {
  return (state.volatile.replica.positions[shard] ?? 0) >= sequence;
}

/** The range to drop (R25). Dropping more than asked is always allowed, so a PASID that names no single mm drops it for all. */
export function decideInvalidate(state: IommuState, command: InvalidateIotlbCommand): IotlbInvalidated {
  const { pasid, page, pages } = command;
  return { kind: 'IotlbInvalidated', pasid, mm: mmOfPasid(state, pasid), page, pages };
}

function mmOfPasid(state: IommuState, pasid: number): number {
  if (pasid === EVERY_PASID) return EVERY_MM;
  let mm = state.volatile.replica.pasids.get(pasid);
  for (const device of state.durable.devices.values()) {
    const bound = device.bindings.get(pasid)?.mm;
    if (bound === undefined) continue;
    if (mm !== undefined && mm !== bound) return EVERY_MM;
    mm = bound;
  }
  return mm ?? EVERY_MM;
}
