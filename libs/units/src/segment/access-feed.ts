import type { ResolvedSynthetic, ResolvedTrace, ResolvedWorkload } from '@faultline/contracts';
import { type AccessDraw, type AccessPattern, createWorkload } from '@faultline/domain';
import type { AccessFeed } from './feed';

/** Opens the feed of a trace: whoever runs a unit says how files are read. */
export type TraceOpener = (
  workload: ResolvedTrace,
  onReady: () => void,
  onError: (error: Error) => void,
) => AccessFeed;

/** Opens the feed of a workload. `onReady` is called when a feed that had none has accesses again. */
export function openFeed(
  workload: ResolvedWorkload,
  seed: number,
  openTrace: TraceOpener,
  onReady: () => void,
  onError: (error: Error) => void,
): AccessFeed {
  return workload.source === 'trace'
    ? openTrace(workload, onReady, onError)
    : new GeneratedFeed(workload, seed);
}

/** A generated workload always has its next access at hand. */
class GeneratedFeed implements AccessFeed {
  readonly reading = false;
  private readonly source: ReturnType<typeof createWorkload>;
  private following: AccessDraw | undefined;

  constructor(workload: ResolvedSynthetic, seed: number) {
    const { pasid, startPage, pages, mix, accesses } = workload;
    this.source = createWorkload({
      pasid,
      ranges: [{ start: startPage, end: startPage + pages }],
      pattern: patternOf(workload),
      mix,
      count: accesses,
      seed,
    });
    this.following = this.source.next();
  }

  get ready(): boolean {
    return this.following !== undefined;
  }

  get done(): boolean {
    return this.following === undefined;
  }

  take(): AccessDraw {
    const draw = this.following;
    if (!draw) throw new Error('the workload has no access left');
    this.following = this.source.next();
    return draw;
  }

  close(): void {
    this.following = undefined;
  }
}

function patternOf(workload: ResolvedSynthetic): AccessPattern {
  switch (workload.pattern) {
    case 'strided':
      return { kind: 'strided', stride: workload.stridePages };
    case 'zipf':
      return { kind: 'zipf', exponent: workload.exponent };
    default:
      return { kind: workload.pattern };
  }
}
