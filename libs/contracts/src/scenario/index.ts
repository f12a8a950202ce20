export * from './errors';
export * from './parse';
export * from './profiles';
export * from './resolved';
export { type Scenario, type ScenarioWorkload, scenarioSchema } from './schema';
