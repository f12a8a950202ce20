import { type AllocationCheck, Errno } from './errno';
import type { FaultHandler, IopfState } from './state';

/**
 * `register_handler`: one handler a device; EINVAL without IOMMU data, EBUSY when there is one (rule 32). It does not look at
 * queues, so joining a queue and registering work in either order.
 */
export function checkRegisterHandler<Fault>(
  state: IopfState<Fault>,
  device: number,
  fails?: AllocationCheck,
): number {
  const known = state.devices.get(device);
  if (!known?.hasIommu) return Errno.EINVAL;
  if (known.handler !== null) return Errno.EBUSY;
  return fails?.('handler-record') ? Errno.ENOMEM : 0;
}

/** The handler is registered. */
export function evolveRegisterHandler<Fault>(
  state: IopfState<Fault>,
  device: number,
  handler: FaultHandler,
): void {
  const known = state.devices.get(device);
  if (known !== undefined) known.handler = handler;
}

/** `unregister_handler`: EBUSY while anything is pending, 0 also when there was none; partials do not block it (rule 32). */
export function checkUnregisterHandler<Fault>(state: IopfState<Fault>, device: number): number {
  const known = state.devices.get(device);
  if (!known?.hasIommu) return Errno.EINVAL;
  return known.pending.length > 0 ? Errno.EBUSY : 0;
}

/** The device has no handler. */
export function evolveUnregisterHandler<Fault>(state: IopfState<Fault>, device: number): void {
  const known = state.devices.get(device);
  if (known !== undefined) known.handler = null;
}
