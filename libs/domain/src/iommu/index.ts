export { type IommuConfig, IommuConfigInvalid, resolveIommuConfig, type ServiceOrder } from './config';
export { canDispatch } from './dispatch';
export { hasRingRecords } from './drain';
export { nextResponseDeadline } from './expiry';
export * from './hardware';
export { canInvalidate, EVERY_MM } from './invalidate';
export { createIommu, foldMm, reachPosition } from './iommu';
export { MmOutOfReach, PasidInUse } from './lifecycle';
export {
  acceptedRequest,
  countIommu,
  findTeardown,
  hasPassed,
  identifiedGroups,
  type IommuCounters,
  isDurableIommuEvent,
  isFenced,
  isIdle,
  isRequestTaken,
  needsFinishDrain,
  oldestWaitingSequence,
  openStalls,
  ungroupedRecords,
} from './queries';
export { hasReadyResults, hasRetries } from './respond';
export type { Replica } from './replica';
export { recordsOf } from './ring';
export {
  IOMMU_STATE_VERSION,
  type IommuDurableState,
  type IommuState,
  restoreIommuState,
  type Teardown,
} from './state';
export { hasTeardowns } from './teardown';
export { stepAfter } from './teardown-steps';
