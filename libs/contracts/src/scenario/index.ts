export * from './errors';
export * from './parse';
export * from './profiles';
export * from './resolved';
export * from './timeline';
export { type Scenario, type ScenarioWorkload, scenarioSchema } from './schema';
export { actionOf, lateProcesses } from './timeline-check';
export { type ActionKey, actionKeys, type ScenarioStep } from './timeline-schema';
