import { checkHandling } from '../iopf/handle';
import { entryFrame, entryPermissions, NO_ENTRY } from '../kernel/page-entry';
import { readPage } from '../kernel/page-map';
import { isInSet } from '../kernel/page-set';
import { ACCESS_MASK, NO_PASID, Permission } from '../kernel/vocabulary';
import { type ResolvedMmConfig, ZERO_FRAME } from './config';
import type { InstallCause, PageInstalled } from './events';
import { availableFrames } from './evolve-runs';
import { findCached, indexOf, isCached, nextFrame } from './frame-table';
import type { Fault } from './open-fault';
import { failed, finishedEmpty, type Outcome, parked, resolved } from './outcome';
import { isInvalidating } from './pending';
import { grantedBy, prefetch } from './prefetch';
import { planReclaim, removed } from './reclaim';
import type { OpenRun } from './runs';
import type { MmState } from './state';
import { filePageAt, findVma } from './vma';

/** Handles the next member of a run: the checks in Linux' order (R107-R111), then the fault itself. */
export function handleNextMember(state: MmState, config: ResolvedMmConfig, run: OpenRun): Outcome {
  const member = run.members[run.handled];
  if (member === undefined) return finishedEmpty(run);
  const { pasid, page, generation, permissions } = member;
  const binding = state.durable.pasids.get(pasid);
  const space = binding?.bound ? state.durable.spaces.get(binding.mm) : undefined;
  const alive = space !== undefined && !space.exited;
  if (alive && generation !== binding?.generation) return failed(run, 'generation');
  const vma = alive ? findVma(space.vmas, page) : undefined;
  const check = checkHandling(pasid !== NO_PASID, alive, vma?.permissions, permissions);
  if (check !== 'none' || space === undefined || vma === undefined) return failed(run, check);
  const required = permissions & ACCESS_MASK;
  const entry = readPage(space.pages, page);
  if (entry !== NO_ENTRY && (required & ~entryPermissions(entry)) === 0) return resolved(run, 'spurious');
  const write = (required & Permission.WRITE) !== 0;
  const fault: Fault = { state, config, run, space, vma, page, write };
  return entry === NO_ENTRY ? installMissing(fault) : raise(fault, entry);
}

/** The page has no entry. */
function installMissing(fault: Fault): Outcome {
  const { run, space, vma, page, write } = fault;
  if (isInvalidating(space, page)) return [parked(run, 'invalidation', space.mm, page, false)];
  if (space.swapped.size > 0 && isInSet(space.swapped, page)) return installPrivate(fault, 'swap-in', true);
  if (vma.backing !== 'anonymous') return installFromFile(fault);
  if (write) return installPrivate(fault, run.copying ? 'copy-on-write' : 'zero-fill', false);
  return installed(fault, 'minor', ZERO_FRAME, 'zero-page');
}

/** The page has an entry that grants too little: it was never written, or its area was given more rights since (R125). */
function raise(fault: Fault, entry: number): Outcome {
  const { state, run, space, vma, page, write } = fault;
  // Rights that are being taken away are not given again before nobody has them.
  if (isInvalidating(space, page)) return [parked(run, 'invalidation', space.mm, page, false)];
  const frame = entryFrame(entry);
  const frames = state.durable.frames;
  const isShared =
    frame === ZERO_FRAME || (vma.backing === 'file-private' && isCached(frames, indexOf(frames, frame)));
  if (!write || !isShared) {
    const upgraded = entryOf(fault, frame, 'upgrade', false);
    // A page that was written before stays writable.
    upgraded.permissions |= entryPermissions(entry) & Permission.WRITE;
    return resolved(run, 'minor', upgraded);
  }
  // The frame for the copy comes first: then nothing but the invalidation can delay the page that is missing from here on.
  if (!hasFrame(fault)) return waitForFrame(fault);
  return [
    removed(space.mm, page, frame, 'copy-on-write', false),
    parked(run, 'invalidation', space.mm, page, true),
  ];
}

/** A page of a file: shared from the page cache, or copied if a private area is written. */
function installFromFile(fault: Fault): Outcome {
  const { state, config, vma, page, write } = fault;
  const frames = state.durable.frames;
  const cached = findCached(frames, vma.file, filePageAt(vma, page));
  const major = cached === undefined && config.readFileAsMajor;
  if (write && vma.backing === 'file-private') return installPrivate(fault, 'copy-on-write', major);
  if (cached !== undefined) {
    return installed(fault, 'minor', frames.base + cached, 'file');
  }
  if (!hasFrame(fault)) return waitForFrame(fault);
  return installed(fault, major ? 'major' : 'minor', nextFrame(frames), 'file');
}

/** A page of its own for this address space. */
function installPrivate(fault: Fault, cause: InstallCause, major: boolean): Outcome {
  if (!hasFrame(fault)) return waitForFrame(fault);
  return installed(fault, major ? 'major' : 'minor', nextFrame(fault.state.durable.frames), cause);
}

/** The page gets its first entry, and with it those around that the configuration asks for. */
function installed(fault: Fault, resolution: 'minor' | 'major', frame: number, cause: InstallCause): Outcome {
  const { config, run } = fault;
  const entry = entryOf(fault, frame, cause, resolution === 'major');
  if (config.premap === 1 && config.faultAround === 1) return resolved(run, resolution, entry);
  return resolved(run, resolution, entry, prefetch(fault, entry));
}

/** A frame is kept for the run, or one is free that is kept for nobody. */
function hasFrame(fault: Fault): boolean {
  return fault.run.reserved || availableFrames(fault.state) > 0;
}

/**
 * No frame for this fault: reclaim a batch, unless enough frames are on their way already, and park (D11). With nothing on its
 * way and nothing to reclaim, memory is out (R116).
 */
function waitForFrame(fault: Fault): Outcome {
  const { state, config, run, space, page } = fault;
  const coming = state.durable.frames.quarantined;
  const short = state.volatile.frameWaiters.length + 1 - coming;
  const events: Outcome = short > 0 ? planReclaim(state, config, Math.max(short, config.reclaimBatch)) : [];
  // A frame kept for another run is in use soon, and can be reclaimed then.
  if (events.length === 0 && coming === 0 && state.volatile.reserved === 0) {
    return failed(run, 'out-of-memory');
  }
  events.push(parked(run, 'frame', space.mm, page, false));
  return events;
}

/** The entry for the fault. */
function entryOf(fault: Fault, frame: number, cause: InstallCause, major: boolean): PageInstalled {
  return {
    kind: 'PageInstalled',
    mm: fault.space.mm,
    page: fault.page,
    frame,
    permissions: grantedBy(fault),
    cause,
    major,
    prefetched: false,
  };
}
