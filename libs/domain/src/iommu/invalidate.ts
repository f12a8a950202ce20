import type { InvalidateIotlbCommand } from './commands';
import type { IotlbInvalidated } from './events';
import type { IommuState } from './state';

/** The mm of an invalidation that must reach every mm. */
export const EVERY_MM = -1;

/** Whether the replica has folded the removal at this log sequence, so that its page can no longer be cached again (D3). */
export function canInvalidate(state: IommuState, shard: number, sequence: number): boolean {
  return (state.volatile.replica.positions[shard] ?? 0) >= sequence;
}

/** The range to drop (R25). The IOTLB knows mms: a PASID may name another one by now, and old entries must go all the same. */
export function decideInvalidate({ mm, page, pages }: InvalidateIotlbCommand): IotlbInvalidated {
  return { kind: 'IotlbInvalidated', mm, page, pages };
}
