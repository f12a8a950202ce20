import { refuseNewer } from '@faultline/contracts';
import { LogTrimmed, takeOver, type TakeOver, type UnitJournal } from '@faultline/hosting';
import type { UnitPorts } from './unit-ports';

export interface Own extends Omit<TakeOver, 'owner' | 'onStall'> {
  /** Where `from` came from: says what it means that the log does not hold what follows. */
  snapshots: { explain(trimmed: LogTrimmed): Promise<Error> };
}

/**
 * Makes this instance the owner of a unit: continues its history, or begins one. See {@link takeOver}. Rejects with `WrittenByNewer`
 * when the history is a later version's, with `HistoryTrimmed` when the log and the snapshots do not hold all of it.
 */
export async function own(ports: UnitPorts, { snapshots, ...how }: Own): Promise<UnitJournal> {
  const { unit } = how;
  const taking = takeOver(ports.log, ports.clock, {
    ...how,
    fold: (message) => {
      // Told as what it is, not as bytes that cannot be decoded.
      refuseNewer(message.subject, message.headers);
      how.fold(message);
    },
    owner: ports.config.session,
    onStall: (error) =>
      ports.logger.warn({ unit, err: error }, 'the log does not take events, the unit waits'),
  });
  return taking.catch(async (error: unknown) => {
    throw error instanceof LogTrimmed ? await snapshots.explain(error) : error;
  });
}
