import { hash } from 'node:crypto';
import { TraceFeed, v8States } from '@faultline/runtime';
import type { SimulationPlatform } from '@faultline/simulation';

/** What a simulation needs of Node. Its units say nothing: what happens is in its result. */
export function simulationPlatform(): SimulationPlatform {
  const quiet = (): void => undefined;
  return {
    sha256: (bytes) => hash('sha256', bytes, 'buffer'),
    // A tick that a promise asks for comes when no promise has anything left to do.
    settle: (task) => queueMicrotask(() => process.nextTick(task)),
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    states: v8States,
    openTrace: (...how) => new TraceFeed(...how),
    logger: { info: quiet, warn: quiet, error: quiet },
  };
}
