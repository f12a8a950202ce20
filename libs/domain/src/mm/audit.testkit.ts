import { Permission } from '../kernel/vocabulary';
import { ZERO_FRAME } from './config';
import type { FrameFreed, MmEvent, PageInstalled, PageInvalidated, PageRemoved } from './events';
import type { MmCounters } from './stats';

/** What the command that caused an event says about it. */
export interface Context {
  /** Whether the member being handled asks for write. */
  isWrite: boolean;
  /** Removed entries that the command declares invalidated, as `mm/page/frame`. */
  completed: ReadonlySet<string>;
}

interface Shown {
  frame: number;
  permissions: number;
}

/**
 * I6 checked from the events alone, by the plainest bookkeeping: no areas but a permission for each page, no counters but sets.
 * It shares nothing with the shard but the event types.
 */
export class FrameAudit {
  private readonly granted = new Map<string, { permissions: number; filePage: string | undefined }>();
  private readonly shown = new Map<string, Shown>();
  private readonly removing = new Map<string, number>();
  /** Frame -> file page, for frames of the page cache. */
  private readonly cached = new Map<number, string>();

  constructor(
    private readonly first: number,
    private readonly total: number,
  ) {}

  see(event: MmEvent, context: Context): void {
    switch (event.kind) {
      case 'VmaMapped':
        for (let page = event.start; page < event.end; page += 1) {
          const filePage = `${event.file}/${event.filePage + page - event.start}`;
          this.granted.set(key(event.mm, page), {
            permissions: event.permissions,
            filePage: event.backing === 'anonymous' ? undefined : filePage,
          });
        }
        return;
      case 'VmaUnmapped':
        for (let page = event.start; page < event.end; page += 1) this.leave(key(event.mm, page), event);
        return;
      case 'AddressSpaceExited':
        for (const entry of [...this.granted.keys()])
          if (entry.startsWith(`${event.mm}/`)) this.leave(entry, event);
        return;
      case 'PageInstalled':
        return this.seeInstalled(event, context);
      case 'PageRemoved':
        return this.seeRemoved(event);
      case 'PageInvalidated':
        return this.complete(event, context);
      case 'FrameFreed':
        return this.seeFreed(event, context);
      default:
        return;
    }
  }

  /** The shard's counters are what the bookkeeping finds. */
  compare(counters: MmCounters): void {
    const mapped = this.mappedFrames();
    const invalidating = new Set([...this.removing.values()].filter((frame) => frame !== ZERO_FRAME));
    const quarantined = [...invalidating].filter((frame) => !mapped.has(frame));
    const idle = [...this.cached.keys()].filter((frame) => !mapped.has(frame) && !invalidating.has(frame));
    expect(counters.framesQuarantined).toBe(quarantined.length);
    expect(counters.framesUsed).toBe(mapped.size + idle.length);
    expect(counters.framesFree + counters.framesUsed + counters.framesQuarantined).toBe(this.total);
    expect(counters.entriesInvalidating).toBe(this.removing.size);
  }

  private seeInstalled(event: PageInstalled, context: Context): void {
    const at = key(event.mm, event.page);
    const area = this.granted.get(at);
    const isWritable = (event.permissions & Permission.WRITE) !== 0;
    check(area !== undefined, 'pages are inside an area', event);
    check(
      (event.permissions & ~(area?.permissions ?? 0)) === 0,
      'an entry grants what its area grants',
      event,
    );
    check(!isWritable || context.isWrite, 'only a write fault grants write', event);
    check(!this.removing.has(at), 'the old translation is gone before the new entry', event);
    if (event.cause === 'upgrade') {
      check(this.shown.get(at)?.frame === event.frame, 'an upgrade keeps the frame', event);
    } else {
      check(!this.shown.has(at), 'a page is installed once', event);
    }
    if (event.cause === 'zero-page') {
      check(event.frame === ZERO_FRAME && !isWritable, 'the zero page is read-only', event);
    } else if (event.cause !== 'upgrade') {
      this.seeFrameUsed(event, area?.filePage);
    }
    this.shown.set(at, { frame: event.frame, permissions: event.permissions });
  }

  private seeFrameUsed(event: PageInstalled, filePage: string | undefined): void {
    const { frame } = event;
    check(frame >= this.first && frame < this.first + this.total, 'the frame belongs to the shard', event);
    if (event.cause === 'file' && this.cached.get(frame) === filePage) return;
    check(!this.cached.has(frame), 'the frame is not in the page cache', event);
    check(!this.mappedFrames().has(frame), 'the frame is not mapped', event);
    check(!this.isInvalidating(frame), 'the frame is not in quarantine', event);
    if (event.cause === 'file') this.cached.set(frame, filePage ?? 'none');
  }

  private seeRemoved(event: PageRemoved): void {
    const at = key(event.mm, event.page);
    check(this.shown.get(at)?.frame === event.frame, 'what is removed was there', event);
    check(!this.removing.has(at), 'an entry is removed once at a time', event);
    this.shown.delete(at);
    this.removing.set(at, event.frame);
    if (event.cause === 'reclaim') this.cached.delete(event.frame);
  }

  private seeFreed(event: FrameFreed, context: Context): void {
    if (this.removing.get(key(event.mm, event.page)) === event.frame) this.complete(event, context);
    check(!this.isInvalidating(event.frame), 'a freed frame is not in quarantine', event);
    check(!this.mappedFrames().has(event.frame), 'a freed frame is not mapped', event);
    this.cached.delete(event.frame);
  }

  private complete(event: FrameFreed | PageInvalidated, context: Context): void {
    const at = key(event.mm, event.page);
    check(this.removing.get(at) === event.frame, 'what is completed was removed', event);
    check(context.completed.has(`${at}/${event.frame}`), 'its invalidation was declared complete', event);
    this.removing.delete(at);
  }

  private leave(at: string, event: MmEvent): void {
    check(!this.shown.has(at), 'pages go before their area', event);
    this.granted.delete(at);
  }

  private isInvalidating(frame: number): boolean {
    for (const removed of this.removing.values()) if (removed === frame) return true;
    return false;
  }

  private mappedFrames(): Set<number> {
    return new Set(
      [...this.shown.values()].map((entry) => entry.frame).filter((frame) => frame !== ZERO_FRAME),
    );
  }
}

/** A plain check: matchers cost more than the shard under test, and this runs for every event of every history. */
function check(holds: boolean, rule: string, event: MmEvent): void {
  if (!holds) throw new Error(`${rule}: ${JSON.stringify(event)}`);
}

function key(mm: number, page: number): string {
  return `${mm}/${page}`;
}
