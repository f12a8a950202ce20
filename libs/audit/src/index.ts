export type { ScenarioTotals } from './access-ledger';
export * from './auditor';
export * from './fault-assembler';
export * from './fault-row';
export * from './hash-chain';
export * from './message';
export * from './report';
export { DEFAULT_CLOCK_TOLERANCE_MICROS } from './timeline-check';
export { EventCounters } from './counters';
