import { hash } from 'node:crypto';
import { v8States } from '@faultline/runtime';
import type { SimulationPlatform } from '@faultline/simulation';

const quiet = (): void => undefined;
/** What a simulation needs of Node; its scenarios have no traces, and its units say nothing. */
export const platform: SimulationPlatform = {
  sha256: (bytes) => hash('sha256', bytes, 'buffer'),
  settle: (task) => queueMicrotask(() => process.nextTick(task)),
  breathe: () => new Promise((resolve) => setImmediate(resolve)),
  states: v8States,
  openTrace: () => {
    throw new Error('this scenario has no trace');
  },
  logger: { info: quiet, warn: quiet, error: quiet },
};
