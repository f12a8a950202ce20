import { toError } from '@faultline/hosting';
import { Projections } from '@faultline/record';
import { CurrentEngagement, settlesWithin } from '@faultline/runtime';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { EventLogService } from '../../event-log.service';
import type { OpenRun } from '../runs/open-run';
import { RunShelf } from '../runs/run-shelf';

/** How long a question waits for the tables to catch up with the record. What they lack then they are said to lack. */
const PATIENCE_MILLIS = 1_000;

/**
 * Lets the tables that questions about faults are asked of follow their records, as long as somebody asks: those of the run that is being
 * recorded, and those of a run that did not end in order, or that another service records.
 */
@Injectable()
export class FaultTables implements OnModuleDestroy {
  /** Runs whose tables are being built here, and when they are. */
  private readonly building = new Map<string, Promise<void>>();
  private readonly leaving = new AbortController();

  constructor(
    private readonly current: CurrentEngagement,
    private readonly shelf: RunShelf,
  ) {}

  /** Resolves when the tables have caught up with the record as it is now, or patience is over, or they cannot be built. */
  async refresh(run: OpenRun): Promise<void> {
    const recorder = run.id === this.shelf.live ? this.current.now?.find(EventLogService) : undefined;
    const followed = (recorder ? recorder.project() : this.build(run.id)).catch((error: unknown) => {
      this.current.logger.warn({ err: toError(error), run: run.id }, 'the tables of faults cannot follow');
    });
    await settlesWithin(followed, PATIENCE_MILLIS);
  }

  async onModuleDestroy(): Promise<void> {
    this.leaving.abort();
    await Promise.allSettled(this.building.values());
  }

  private build(id: string): Promise<void> {
    const known = this.building.get(id);
    if (known) return known;
    // It outlives the question, so it keeps the run open by itself.
    const building = this.shelf.use(id, (run) => this.follow(run)).finally(() => this.building.delete(id));
    this.building.set(id, building);
    return building;
  }

  private async follow(run: OpenRun): Promise<void> {
    const { position } = await run.reader.head();
    if ((await run.projectedTo()) === position) return;
    const projections = await Projections.open(run.folder.path);
    try {
      await projections.project(run.reader, undefined, this.leaving.signal);
    } finally {
      await projections.close();
    }
  }
}
