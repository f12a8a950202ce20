import { refuseNewer } from '@faultline/contracts';
import { UnitJournal } from '@faultline/hosting';
import type { ServicePorts } from './ports';

/** The unit has a history in this laboratory; continuing one is not possible yet. */
export class UnitHasHistory extends Error {
  constructor(
    readonly unit: string,
    readonly subject: string,
    readonly sequence: number,
  ) {
    super(
      `unit ${unit} already wrote ${subject} (up to sequence ${sequence}); expected a laboratory without history: start the run under a new name`,
    );
    this.name = 'UnitHasHistory';
  }
}

/**
 * Opens the journal of a unit that begins here. Throws {@link UnitHasHistory} when one of its subjects was written before, and
 * `WrittenByNewer` when that was by a later version.
 */
export async function openJournal(
  ports: ServicePorts,
  unit: string,
  epoch: number,
  subjects: readonly string[],
): Promise<UnitJournal> {
  for (const subject of subjects) {
    const last = await ports.log.last(subject);
    if (last) refuseNewer(subject, last.headers);
    if (last) throw new UnitHasHistory(unit, subject, last.sequence);
  }
  return new UnitJournal(ports.log, ports.clock, unit, epoch, (error) =>
    ports.logger.warn({ unit, err: error }, 'the log does not take events, the unit waits'),
  );
}
