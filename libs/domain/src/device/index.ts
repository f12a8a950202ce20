export { AccessHistory, type PlainAccessHistory } from './access-history';
export { durableSegment, type DurableSegment, restoreSegment, SEGMENT_STATE_VERSION } from './durable';
export { EVERY_DEVICE, EVERY_PASID } from './atc';
export type { SegmentConfig, SegmentDeviceConfig } from './config';
export { isSegmentIdle, segmentCounters, type SegmentCounters } from './counters';
export { PasidStillStopping } from './errors';
export { isDeviceRemoved, isWorkHalted, isWorkOver, silentDevices, workBegun, workEnds } from './queries';
export { createSegment, isDurableSegmentEvent } from './segment';
export type { SegmentState } from './state';
