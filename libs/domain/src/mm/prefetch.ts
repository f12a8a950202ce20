import { NO_ENTRY } from '../kernel/page-entry';
import { readPage } from '../kernel/page-map';
import { isInSet } from '../kernel/page-set';
import { Permission, type Permissions } from '../kernel/vocabulary';
import { ZERO_FRAME } from './config';
import type { InstallCause, PageInstalled } from './events';
import { availableFrames } from './evolve-runs';
import type { Fault } from './open-fault';
import { findCached, nextFrame } from './frame-table';
import { isInvalidating } from './pending';
import { filePageAt } from './vma';

/** What brings a page without an entry into memory. */
interface Source {
  /** The frame that shows it already; absent when it takes a new one. */
  frame?: number;
  cause: InstallCause;
  major: boolean;
}

/** Prefetching under way: frames taken so far, and how many may be. */
interface Budget {
  taken: number;
  readonly frames: number;
}

/** An area whose absent pages are brought in, as by an access of one kind. */
export type Area = Pick<Fault, 'state' | 'config' | 'space' | 'vma' | 'write'>;

/**
 * The entries that a fault brings along (R120), ascending: in the premap block every absent page of the area, for the same kind of
 * access, with frames that are free; in the fault-around window of a read also what needs no frame. It never reclaims and never
 * waits: pages in swap or under invalidation are left to their own faults.
 */
export function prefetch(fault: Fault, entry: PageInstalled): PageInstalled[] {
  const { config, run, state, vma, page, write } = fault;
  const premapStart = page - (page % config.premap);
  const premapEnd = premapStart + config.premap;
  const span = Math.max(config.premap, write ? 1 : config.faultAround);
  const start = page - (page % span);
  const end = Math.min(vma.end, start + span);
  const own = takesFrame(fault, entry) ? 1 : 0;
  // A frame that was kept for the run is not among the available ones.
  const budget: Budget = { taken: own, frames: own + availableFrames(state) - (run.reserved ? 0 : own) };
  const entries: PageInstalled[] = [];
  for (let each = Math.max(vma.start, start); each < end; each += 1) {
    if (each === page) continue;
    const brought = bringIn(fault, each, budget, each >= premapStart && each < premapEnd);
    if (brought) entries.push(brought);
  }
  return entries;
}

/** The entries that the absent pages of a range of the area get while nobody asks for them, ascending, with frames that are free. */
export function populate(area: Area, start: number, end: number): PageInstalled[] {
  const budget: Budget = { taken: 0, frames: availableFrames(area.state) };
  const entries: PageInstalled[] = [];
  for (let page = start; page < end; page += 1) {
    const brought = bringIn(area, page, budget, true);
    if (brought) entries.push(brought);
  }
  return entries;
}

/** All of the area's rights but write, which only a write grants, because that marks the page dirty (R7). */
export function grantedBy({ vma, write }: Pick<Fault, 'vma' | 'write'>): Permissions {
  const granted = vma.permissions & ~Permission.WRITE;
  return write ? granted | Permission.WRITE : granted;
}

/** The entry of a page that nobody asked for; undefined where it has one, or takes a frame and may not. */
function bringIn(area: Area, page: number, budget: Budget, mayTake: boolean): PageInstalled | undefined {
  if (!isAbsent(area, page)) return undefined;
  const { cause, major, frame = takeFrame(area, budget, mayTake) } = sourceOf(area, page);
  if (frame === undefined) return undefined;
  const permissions = grantedBy(area);
  const { mm } = area.space;
  return { kind: 'PageInstalled', mm, page, frame, permissions, cause, major, prefetched: true };
}

/** Whether the fault's own entry takes a free frame, and does not show one that is in use. */
function takesFrame(fault: Fault, entry: PageInstalled): boolean {
  return entry.frame !== ZERO_FRAME && entry.frame === nextFrame(fault.state.durable.frames);
}

/** The page has no entry, none is being invalidated, and its content is not in swap. */
function isAbsent({ space }: Area, page: number): boolean {
  if (readPage(space.pages, page) !== NO_ENTRY || isInvalidating(space, page)) return false;
  return space.swapped.size === 0 || !isInSet(space.swapped, page);
}

/** As a fault on this page would find it. */
function sourceOf({ state, config, vma, write }: Area, page: number): Source {
  if (vma.backing === 'anonymous') {
    if (write) return { cause: 'zero-fill', major: false };
    return { frame: ZERO_FRAME, cause: 'zero-page', major: false };
  }
  const { frames } = state.durable;
  const cached = findCached(frames, vma.file, filePageAt(vma, page));
  const major = cached === undefined && config.readFileAsMajor;
  if (write && vma.backing === 'file-private') return { cause: 'copy-on-write', major };
  if (cached === undefined) return { cause: 'file', major };
  return { frame: frames.base + cached, cause: 'file', major: false };
}

/** A free frame for a page that may take one, while there is one. */
function takeFrame({ state }: Area, budget: Budget, mayTake: boolean): number | undefined {
  if (!mayTake || budget.taken >= budget.frames) return undefined;
  const frame = nextFrame(state.durable.frames, budget.taken);
  budget.taken += 1;
  return frame;
}
