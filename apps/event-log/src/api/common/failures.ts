import { RecordError, RecordMissing } from '@faultline/record';
import { Refusal } from '@faultline/runtime';

/** There is no such run in the folder of runs. */
export class RunUnknown extends Refusal {
  constructor(run: string) {
    super(`there is no run '${run}' here; /api/runs lists those there are`, 404);
  }
}

/** Something is asked of the laboratory, and this service has none at the moment. */
export class NoLaboratory extends Refusal {
  constructor() {
    super('no laboratory is running at this service now; /api/runs lists the runs that are over', 404);
  }
}

/** The run has no fault, unit or report of that name. */
export class NotInRun extends Refusal {
  constructor(run: string, what: string) {
    super(`run ${run} has no ${what}`, 404);
  }
}

/** The tables that questions about faults are asked of are not there, and cannot be built here. */
export class NotProjected extends Refusal {
  constructor(run: string) {
    super(
      `the faults of run ${run} are not laid out, because it did not end in order, and this service cannot do it: its log says why`,
      409,
    );
  }
}

/** A moment is asked for that the record has not reached. */
export class MomentAhead extends Refusal {
  constructor(run: string, at: number, position: number) {
    super(`the record of run ${run} ends at sequence ${position}; there is no state at ${at}`, 404);
  }
}

/** The events of a unit cannot be folded: its part of the log is damaged, or another program's. */
export class NotFoldable extends Refusal {
  constructor(unit: string, reason: string) {
    super(`the events of ${unit} cannot be folded: ${reason}`, 409);
  }
}

/** A cursor of another listing, or none at all. */
export class CursorInvalid extends Refusal {
  constructor(cursor: string) {
    super(
      `cursor '${cursor}' is none of this listing; take nextCursor of the page before, with the same filters`,
      400,
    );
  }
}

/** A path into a state leads nowhere. */
export class PathUnknown extends Refusal {
  constructor(path: string) {
    super(`there is nothing at '${path}' in this state`, 404);
  }
}

/** Too much is asked at once of what takes long. */
export class Busy extends Refusal {
  constructor(what: string) {
    super(`too many ${what} at once; ask again in a moment`, 503);
  }
}

/** A file that is kept with a run is not what it should be. */
export class RunFileDamaged extends Refusal {
  constructor(path: string, reason: string) {
    super(`${path} is damaged: ${reason}`, 409);
  }
}

/** The status for what reading a record may fail with; its own line says what is wrong. */
export function statusOfRecord(error: Error): number | undefined {
  if (error instanceof RecordMissing) return 404;
  return error instanceof RecordError ? 409 : undefined;
}
