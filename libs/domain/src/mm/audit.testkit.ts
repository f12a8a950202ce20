import { Permission } from '../kernel/vocabulary';
import { ZERO_FRAME } from './config';
import type {
  FrameFreed,
  MmEvent,
  PageInstalled,
  PageInvalidated,
  PageRemoved,
  PageRestricted,
  VmaProtected,
} from './events';
import type { MmCounters } from './stats';

/** What the command that caused an event says about it. */
export interface Context {
  /** Whether the member being handled asks for write, or pages are brought in that may be written. */
  isWrite: boolean;
  /** Removed entries that the command declares invalidated, as `mm/page/frame`. */
  completed: ReadonlySet<string>;
}

interface Invalidating {
  frame: number;
  left: number;
  /** What the page granted when it left for another frame, while it is on its way. */
  moving?: number;
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
  /** Invalidations under way, by entry: the frame, how many, whether the entry is gone, and what it granted when it left to move. */
  private readonly invalidating = new Map<string, Invalidating>();
  /** Entries that moved to another frame and whose old frame must be freed next. */
  private moved: string | undefined;
  /** Frame -> file page, for frames of the page cache. */
  private readonly cached = new Map<number, string>();

  private prefetched = 0;
  private readonly swapped = new Set<string>();

  constructor(
    private readonly first: number,
    private readonly total: number,
  ) {}

  see(event: MmEvent, context: Context): void {
    const { moved } = this;
    this.moved = undefined;
    const isNext = event.kind === 'FrameFreed' && key(event.mm, event.page) === moved;
    check(moved === undefined || isNext, 'a page that moved frees its old frame at once', event);
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
      case 'VmaProtected':
        return this.seeProtected(event);
      case 'PageRestricted':
        return this.seeRestricted(event);
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
    const pending = [...this.invalidating.values()];
    const invalidating = new Set(pending.map(({ frame }) => frame).filter((frame) => frame !== ZERO_FRAME));
    const quarantined = [...invalidating].filter((frame) => !mapped.has(frame));
    const idle = [...this.cached.keys()].filter((frame) => !mapped.has(frame) && !invalidating.has(frame));
    expect(counters.framesQuarantined).toBe(quarantined.length);
    expect(counters.framesUsed).toBe(mapped.size + idle.length);
    expect(counters.framesFree + counters.framesUsed + counters.framesQuarantined).toBe(this.total);
    expect(counters.invalidationsOpen).toBe(pending.reduce((sum, { left }) => sum + left, 0));
    const moving = pending.filter((entry) => entry.moving !== undefined).length;
    expect(counters.pagesMigrating).toBe(moving);
    expect(counters.framesFree).toBeGreaterThanOrEqual(moving);
    expect(counters.swapUsed).toBe(this.swapped.size);
    expect(counters.pagesPrefetched).toBe(this.prefetched);
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
    if (event.prefetched) this.prefetched += 1;
    if (event.cause === 'migrate') return this.seeMoved(event, context);
    check(
      this.swapped.delete(at) === (event.cause === 'swap-in'),
      'what is in swap comes back from it',
      event,
    );
    const shown = this.shown.get(at);
    const wasWritable = ((shown?.permissions ?? 0) & Permission.WRITE) !== 0;
    check(!isWritable || context.isWrite || wasWritable, 'only a write grants write', event);
    check(((shown?.permissions ?? 0) & ~event.permissions) === 0, 'an entry keeps what it grants', event);
    check(!this.invalidating.has(at), 'the old translation is gone before the new entry', event);
    if (event.cause === 'upgrade') {
      check(!event.prefetched, 'only a fault raises', event);
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

  /** The entry of a page that moved: all invalidations of the old one but the one that is now complete were complete before. */
  private seeMoved(event: PageInstalled, context: Context): void {
    const at = key(event.mm, event.page);
    const old = this.invalidating.get(at);
    check(old?.moving !== undefined && old.left === 1, 'a page that moves had left its old frame', event);
    check(context.completed.has(`${at}/${old?.frame}`), 'its invalidation was declared complete', event);
    check((event.permissions & ~(old?.moving ?? 0)) === 0, 'a page that moves gains no right', event);
    check(!this.shown.has(at), 'a page is installed once', event);
    this.seeFrameUsed(event, undefined);
    if (old) delete old.moving;
    this.shown.set(at, { frame: event.frame, permissions: event.permissions });
    this.moved = at;
  }

  private seeProtected(event: VmaProtected): void {
    for (let page = event.start; page < event.end; page += 1) {
      const at = key(event.mm, page);
      const granted = this.shown.get(at)?.permissions ?? 0;
      check((granted & ~event.permissions) === 0, 'pages are restricted before their area', event);
      const area = this.granted.get(at);
      if (area) area.permissions = event.permissions;
    }
  }

  private seeRestricted(event: PageRestricted): void {
    const at = key(event.mm, event.page);
    const shown = this.shown.get(at);
    const lost = (shown?.permissions ?? 0) & ~event.permissions;
    check(shown?.frame === event.frame && lost !== 0, 'a restriction takes rights away', event);
    check((event.permissions & ~(shown?.permissions ?? 0)) === 0, 'a restriction gives no rights', event);
    this.shown.set(at, { frame: event.frame, permissions: event.permissions });
    this.begin(at, event);
  }

  private begin(at: string, event: PageRestricted | PageRemoved): void {
    const pending = this.invalidating.get(at);
    check(pending === undefined || pending.frame === event.frame, 'an entry shows one frame', event);
    this.invalidating.set(at, { frame: event.frame, left: (pending?.left ?? 0) + 1 });
  }

  private seeRemoved(event: PageRemoved): void {
    const at = key(event.mm, event.page);
    const shown = this.shown.get(at);
    check(shown?.frame === event.frame, 'what is removed was there', event);
    this.shown.delete(at);
    this.begin(at, event);
    const pending = this.invalidating.get(at);
    if (event.cause === 'migrate' && pending) pending.moving = shown?.permissions ?? 0;
    if (event.cause === 'reclaim') this.cached.delete(event.frame);
    if (event.swapped) this.swapped.add(at);
  }

  private seeFreed(event: FrameFreed, context: Context): void {
    if (this.invalidating.get(key(event.mm, event.page))?.frame === event.frame)
      this.complete(event, context);
    check(!this.isInvalidating(event.frame), 'a freed frame is not in quarantine', event);
    check(!this.mappedFrames().has(event.frame), 'a freed frame is not mapped', event);
    this.cached.delete(event.frame);
  }

  private complete(event: FrameFreed | PageInvalidated, context: Context): void {
    const at = key(event.mm, event.page);
    const pending = this.invalidating.get(at);
    check(pending?.frame === event.frame, 'what is completed was removed or restricted', event);
    check(context.completed.has(`${at}/${event.frame}`), 'its invalidation was declared complete', event);
    check(pending?.moving === undefined || pending.left > 1, 'a page that moves arrives', event);
    if (pending === undefined || pending.left === 1) this.invalidating.delete(at);
    else pending.left -= 1;
  }

  private leave(at: string, event: MmEvent): void {
    check(!this.shown.has(at), 'pages go before their area', event);
    delete this.invalidating.get(at)?.moving;
    this.swapped.delete(at);
    this.granted.delete(at);
  }

  private isInvalidating(frame: number): boolean {
    for (const pending of this.invalidating.values()) if (pending.frame === frame) return true;
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
