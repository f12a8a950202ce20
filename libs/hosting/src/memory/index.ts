export { ManualClock } from './manual-clock';
export { MemoryKv } from './memory-kv';
export { type Asker, MemoryLanes, type MemoryLanesOptions } from './memory-lanes';
export { MemoryLog, type MemoryLogOptions } from './memory-log';
export { memoryPorts, type MemoryPorts, type MemoryPortsOptions } from './memory-ports';
export { type Scheduler } from './scheduler';
