export { type IommuConfig, IommuConfigInvalid, resolveIommuConfig, type ServiceOrder } from './config';
export { canDispatch } from './dispatch';
export { hasRingRecords } from './drain';
export { nextResponseDeadline } from './expiry';
export * from './hardware';
export { canInvalidate, EVERY_MM } from './invalidate';
export { createIommu, foldMm, reachPosition } from './iommu';
export { PasidInUse } from './lifecycle';
export {
  acceptedRequest,
  countIommu,
  findTeardown,
  hasPassed,
  type IommuCounters,
  isDrained,
  isDurableIommuEvent,
  isFenced,
  isIdle,
  isRequestTaken,
  needsFinishDrain,
  oldestWaitingSequence,
  openStalls,
  pendingGroups,
  ringRecords,
} from './queries';
export { hasReadyResults, hasRetries } from './respond';
export { type IommuDurableState, type IommuState, restoreIommuState, type Teardown } from './state';
export { hasTeardowns } from './teardown';
export { stepAfter } from './teardown-steps';
