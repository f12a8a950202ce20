import type { RequestIdentity } from '../kernel/vocabulary';
import type { IommuState, SegmentProgress } from './state';

/**
 * What the number of a request says: `never` for one that was taken before, or whose epoch is over; `new-epoch` for the first one
 * of a segment that began afresh (D9).
 */
export type Admission = 'next' | 'new-epoch' | 'never';

/** Requests are taken once, and keep their order: behind an access that the bus pushed back none is taken (R40). */
export function admit(state: IommuState, identity: RequestIdentity): Admission {
  const progress = state.durable.segments.get(identity.segment);
  if (progress === undefined || progress.epoch < identity.segmentEpoch) return 'new-epoch';
  if (progress.epoch > identity.segmentEpoch || isTaken(state, progress, identity)) return 'never';
  return state.volatile.refused.size > 0 && isBehindRefused(state, progress, identity) ? 'never' : 'next';
}

/** Whether a request of the segment's epoch was accepted: by an event, a group that a dead owner left (D5), or at once (D10). */
export function isTaken(
  state: IommuState,
  progress: SegmentProgress,
  { segment, request }: RequestIdentity,
): boolean {
  if (request <= progress.highest) return true;
  if (progress.adopted.size > 0 && progress.adopted.has(request)) return true;
  // Only masters behind a stalling IOMMU have accesses that translate at once.
  if (state.volatile.translated.size === 0) return false;
  const translated = state.volatile.translated.get(segment);
  return translated !== undefined && translated.epoch === progress.epoch && request <= translated.highest;
}

function isBehindRefused(state: IommuState, progress: SegmentProgress, identity: RequestIdentity): boolean {
  const refused = state.volatile.refused.get(identity.segment);
  return (
    refused !== undefined &&
    refused.segmentEpoch === identity.segmentEpoch &&
    refused.request < identity.request &&
    !isTaken(state, progress, refused)
  );
}
