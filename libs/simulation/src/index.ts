export { Life } from './life';
export { portsOf } from './living-ports';
export { simulate, type SimulationOptions, type SimulationPlatform, type SimulationResult } from './simulate';
export { SimulationStands } from './virtual-clock';
