export { ManualClock } from './manual-clock';
export { MemoryDeadLetters } from './memory-dead-letters';
export { MemoryLanes, type MemoryLanesOptions } from './memory-lanes';
export { MemoryLog, type MemoryLogOptions } from './memory-log';
export { memoryPorts, type MemoryPorts, type MemoryPortsOptions } from './memory-ports';
export { MemoryWork, type MemoryWorkOptions } from './memory-work';
export { microtasks, type Scheduler } from './scheduler';
export { subjectMatcher } from './subject-match';
