export {
  describeFailure,
  type Failure,
  FAILURE_VERBS,
  type FailurePlan,
  type FailureVerb,
  instancesOf,
  planFailures,
} from './failures';
export { Life } from './life';
export { portsOf } from './living-ports';
export { type NetworkModel } from './network-model';
export type { Onlooker } from './onlooker';
export { simulate, type SimulationOptions, type SimulationPlatform, type SimulationResult } from './simulate';
export { SimulationStands } from './virtual-clock';
