import type { Presence } from '@faultline/contracts';
import { RunFailed } from '../errors';

/** A service said that it cannot go on. */
export const serviceFailed = ({ instance, reason }: Presence): RunFailed =>
  new RunFailed(`service ${instance} failed: ${reason ?? 'it did not say why'}`);
