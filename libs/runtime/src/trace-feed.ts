import { toError } from '@faultline/hosting';
import type { ResolvedTrace } from '@faultline/contracts';
import type { AccessDraw, TraceRun } from '@faultline/domain';
import { readTraceFile } from './trace-file';
import type { AccessFeed } from '@faultline/units';

/** The next part of the file is read when so few accesses are left, so that the workload does not wait for the disk. */
const LOW_WATER = 1_024;

/** Replays a trace file from its beginning, a part at a time: memory holds a few parts, whatever the size of the file. */
export class TraceFeed implements AccessFeed {
  private readonly parts: AsyncGenerator<TraceRun[]>;
  private readonly waiting: TraceRun[][] = [];
  private current: TraceRun[] = [];
  private place = 0;
  private left = 0;
  private isReading = false;
  private ended = false;

  constructor(
    workload: ResolvedTrace,
    private readonly onReady: () => void,
    private readonly onError: (error: Error) => void,
  ) {
    this.parts = readTraceFile(workload.file, { format: workload.format });
    this.readOn();
  }

  get ready(): boolean {
    return this.left > 0;
  }

  get done(): boolean {
    return this.ended && this.left === 0;
  }

  get reading(): boolean {
    return this.isReading;
  }

  take(): Pick<AccessDraw, 'page' | 'offset' | 'permissions'> {
    if (this.place === this.current.length) {
      this.current = this.waiting.shift() ?? [];
      this.place = 0;
    }
    const run = this.current[this.place];
    if (!run) throw new Error('the trace has no access at hand');
    this.place += 1;
    this.left -= 1;
    if (this.left < LOW_WATER) this.readOn();
    return run;
  }

  close(): void {
    this.ended = true;
    this.left = 0;
    void this.parts.return(undefined);
  }

  private readOn(): void {
    if (this.isReading || this.ended) return;
    this.isReading = true;
    this.parts.next().then(
      (part) => {
        this.isReading = false;
        this.accept(part);
      },
      (error: unknown) => this.onError(toError(error)),
    );
  }

  private accept(part: IteratorResult<TraceRun[]>): void {
    if (this.ended) return;
    if (part.done) this.ended = true;
    else {
      this.waiting.push(part.value);
      this.left += part.value.length;
    }
    // Also at the end: a segment that waits for the next access has to see that there is none.
    this.onReady();
    if (this.left < LOW_WATER) this.readOn();
  }
}
