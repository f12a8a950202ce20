import { hash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { SimulationPlatform } from '@faultline/simulation';

const quiet = (): void => undefined;

/** What a simulation needs of Node.js, for scenarios without traces. */
export const simulationPlatform: SimulationPlatform = {
  sha256: (bytes) => hash('sha256', bytes, 'buffer'),
  // A tick that a promise asks for comes when no promise has anything left to do.
  settle: (task) => queueMicrotask(() => process.nextTick(task)),
  breathe: () => new Promise((resolve) => setImmediate(resolve)),
  states: { encode: serialize, decode: deserialize },
  openTrace: () => {
    throw new Error('there is no trace here');
  },
  logger: { info: quiet, warn: quiet, error: quiet },
};
