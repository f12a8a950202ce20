import { simulationPlatform } from '@faultline/runtime';
import { simulate } from '@faultline/simulation';
import { type LargeShape, largeTopology } from './large-topology';

/** What one large simulation took. */
export interface LargeFigures extends LargeShape {
  faults: number;
  messagesPerFault: number;
  /** From its begin to its verdict, as who waits for it has it. */
  seconds: number;
  /** Of all threads, those that collect garbage among them. */
  cpuSeconds: number;
  peakResidentBytes: number;
}

/** What is wanted to take two minutes and a gigabyte: ten million faults, and the accesses that find their page there. */
export const LARGE: LargeShape = { devices: 10_000, workers: 1_000, accessesPerDevice: 1_180 };

/** One large simulation with its audit, in this process. */
export async function measureLarge(shape: LargeShape): Promise<LargeFigures> {
  const [beganAt, before] = [performance.now(), process.cpuUsage()];
  const { audit, faults, messages } = await simulate(largeTopology(shape), simulationPlatform);
  const { user, system } = process.cpuUsage(before);
  if (!audit.clean) throw new Error('the audit of the large simulation is not clean');
  return {
    ...shape,
    faults,
    messagesPerFault: messages / faults,
    seconds: (performance.now() - beganAt) / 1e3,
    cpuSeconds: (user + system) / 1e6,
    peakResidentBytes: process.resourceUsage().maxRSS * 1_024,
  };
}
