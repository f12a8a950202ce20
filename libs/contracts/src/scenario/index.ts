export * from './errors';
export * from './parse';
export * from './profiles';
export { queuesOfScenario } from './queues';
export * from './resolved';
export * from './timeline';
export { type Scenario, type ScenarioWorkload, scenarioSchema } from './schema';
export { actionOf, lateProcesses } from './timeline-check';
export { type ActionKey, actionKeys, type ScenarioStep } from './timeline-schema';
