import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { SimulationPlatform } from '@faultline/simulation';

const quiet = (): void => undefined;

/** What a simulation needs of Node.js, for scenarios without traces. */
export const simulationPlatform: SimulationPlatform = {
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  breathe: () => new Promise((resolve) => setImmediate(resolve)),
  states: { encode: serialize, decode: deserialize },
  openTrace: () => {
    throw new Error('there is no trace here');
  },
  logger: { info: quiet, warn: quiet, error: quiet },
};
