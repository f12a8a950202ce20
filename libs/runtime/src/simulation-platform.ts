import { hash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import type { UnitLogger } from '@faultline/units';
import { TraceFeed } from './trace-feed';
import { v8States } from './v8-states';

const quiet = (): void => undefined;
const silent: UnitLogger = { info: quiet, warn: quiet, error: quiet };
const resolved = Promise.resolve();

/** How much garbage of old objects there may be before it is collected, in percent of what lives. */
const HEAP_GROWTH_PERCENT = 50;

/**
 * Makes the heap of this process grow in small steps from now on. V8 lets the garbage among old objects become several times what lives,
 * which is much in a simulation of thousands of devices: 10,000 took 1.5 GB in the place of 0.9.
 */
export function growHeapSparingly(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
}

/** What a simulation needs of Node.js. Its units say nothing: what happens is in its result. */
export const simulationPlatform = {
  /** A buffer that the hash makes would have memory of its own, which costs more than a text and a piece of the pool. */
  sha256: (bytes: Uint8Array): Uint8Array => Buffer.from(hash('sha256', bytes, 'binary'), 'binary'),
  /** A tick that a promise asks for comes when no promise has anything left to do. */
  settle: (task: () => void): void => void resolved.then(() => process.nextTick(task)),
  breathe: (): Promise<void> => new Promise((resolve) => setImmediate(resolve)),
  states: v8States,
  openTrace: (...how: ConstructorParameters<typeof TraceFeed>): TraceFeed => new TraceFeed(...how),
  logger: silent,
};
