export { type MmConfig, type ReclaimPolicy } from './config';
export { MmCommandRefused, MmInvariantBroken, type MmRefusal } from './errors';
export { pagesInQuarantine } from './invalidation';
export { invalidatingFrame } from './pending';
export { type AnyMmEvent, createMmShard } from './shard';
export {
  type AddressSpace,
  MM_STATE_VERSION,
  type MmDurableState,
  type MmState,
  frameShown,
  permissionsShown,
  restoreMmState,
} from './state';
export { type MmCounters, countMm, hasReadyRun, isDurableMmEvent } from './stats';
export { type Vma } from './vma';
