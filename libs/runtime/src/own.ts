import { takeOver, type TakeOver, type UnitJournal } from '@faultline/hosting';
import type { ServicePorts } from './ports';

/** Makes this instance the owner of a unit: continues its history, or begins one. See {@link takeOver}. */
export function own(ports: ServicePorts, how: Omit<TakeOver, 'owner' | 'onStall'>): Promise<UnitJournal> {
  const { unit } = how;
  return takeOver(ports.log, ports.clock, {
    ...how,
    owner: ports.config.session,
    onStall: (error) =>
      ports.logger.warn({ unit, err: error }, 'the log does not take events, the unit waits'),
  });
}
