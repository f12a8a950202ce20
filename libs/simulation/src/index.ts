export type { FailurePlan } from './failures';
export { Life } from './life';
export { portsOf } from './living-ports';
export { type NetworkModel, QUICK_NETWORK } from './network';
export type { HostUse } from './simulation';
export { simulate, type SimulationOptions, type SimulationPlatform, type SimulationResult } from './simulate';
export { SimulationStands } from './virtual-clock';
export type { WorldPorts } from './world-ports';
