/** Parts inside of units, for tests that switch one of them off. */
export { Invalidations } from '../iommu/invalidations';
export { IommuLanes } from '../iommu/iommu-lanes';
export { LogRoom } from '../iommu/log-room';
export type { Numbered } from '../iommu/request-commands';
export { Invalidator } from '../mm/invalidator';
export { SegmentLanes } from '../segment/segment-lanes';
