export { type IommuConfig, IommuConfigInvalid, resolveIommuConfig } from './config';
export { hasRingRecords } from './drain';
export { canInvalidate } from './invalidate';
export { createIommu, foldMm, reachPosition } from './iommu';
export {
  acceptedRequest,
  countIommu,
  type IommuCounters,
  isDrained,
  isDurableIommuEvent,
  isHeld,
  isIdle,
  needsFinishDrain,
  oldestWaitingSequence,
  openStalls,
  pendingGroups,
  ringRecords,
} from './queries';
export { hasReadyResults, hasRetries } from './respond';
export { type IommuDurableState, type IommuState, restoreIommuState } from './state';
