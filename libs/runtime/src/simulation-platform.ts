import { hash } from 'node:crypto';
import type { UnitLogger } from '@faultline/units';
import { TraceFeed } from './trace-feed';
import { v8States } from './v8-states';

const quiet = (): void => undefined;
const silent: UnitLogger = { info: quiet, warn: quiet, error: quiet };
const resolved = Promise.resolve();

/** What a simulation needs of Node.js. Its units say nothing: what happens is in its result. */
export const simulationPlatform = {
  sha256: (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer'),
  /** A tick that a promise asks for comes when no promise has anything left to do. */
  settle: (task: () => void): void => void resolved.then(() => process.nextTick(task)),
  breathe: (): Promise<void> => new Promise((resolve) => setImmediate(resolve)),
  states: v8States,
  openTrace: (...how: ConstructorParameters<typeof TraceFeed>): TraceFeed => new TraceFeed(...how),
  logger: silent,
};
