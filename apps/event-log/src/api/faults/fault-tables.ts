import { toError } from '@faultline/hosting';
import { CurrentEngagement, settlesWithin } from '@faultline/runtime';
import { Injectable } from '@nestjs/common';
import { EventLogService } from '../../event-log.service';
import { RunShelf } from '../runs/run-shelf';

/** How long a question waits for the tables to catch up with the record. What they lack then they are said to lack. */
const PATIENCE_MILLIS = 1_000;

/** Lets the tables of the run that is being recorded follow it, as long as somebody asks. Those of other runs are left alone. */
@Injectable()
export class LiveProjection {
  constructor(
    private readonly current: CurrentEngagement,
    private readonly shelf: RunShelf,
  ) {}

  /** Resolves when the tables have caught up with the record as it is now, or patience is over. */
  async refresh(run: string): Promise<void> {
    if (run !== this.shelf.live) return;
    const recorder = this.current.now?.find(EventLogService);
    if (!recorder) return;
    const projected = recorder.project().catch((error: unknown) => {
      this.current.logger.warn({ err: toError(error) }, 'the tables of faults cannot follow the record');
    });
    await settlesWithin(projected, PATIENCE_MILLIS);
  }
}
