export type { FailurePlan } from './failures';
export { Life, portsOf } from './life';
export { type NetworkModel, QUICK_NETWORK } from './network';
export { simulate, type SimulationOptions, type SimulationPlatform, type SimulationResult } from './simulate';
export { SimulationStands } from './virtual-clock';
export type { WorldPorts } from './world-ports';
