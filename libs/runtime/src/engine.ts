import { setFlagsFromString } from 'node:v8';

/**
 * Sets the engine up for a service. What belongs to a fault lives as long as the fault is in flight: with a thousand of them longer than
 * a collection of young objects or two, and never long. V8 takes what outlives those for long-lived, and then makes it among the old
 * objects from the beginning (pretenuring), where it stays until the next full collection; and compiles anew what makes it.
 */
export function tuneEngine(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
