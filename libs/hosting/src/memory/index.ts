export { ManualClock } from './manual-clock';
export { MemoryBlobs } from './memory-blobs';
export { MemoryDeadLetters } from './memory-dead-letters';
export { MemoryKv } from './memory-kv';
export { MemoryLanes, type MemoryLanesOptions } from './memory-lanes';
export { MemoryLog, type MemoryLogOptions } from './memory-log';
export { memoryPorts, type MemoryPorts, type MemoryPortsOptions } from './memory-ports';
export { MemoryWork, type MemoryWorkOptions } from './memory-work';
export { microtasks, type Scheduler } from './scheduler';
