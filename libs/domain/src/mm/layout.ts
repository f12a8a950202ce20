import { entryFrame, entryPermissions } from '../kernel/page-entry';
import { pagesBetween, readPage } from '../kernel/page-map';
import { ACCESS_MASK, MAX_PAGE, MAX_PASID, Permission } from '../kernel/vocabulary';
import type { MmCommand } from './commands';
import { type ResolvedMmConfig, ZERO_FRAME } from './config';
import { MmCommandRefused } from './errors';
import { availableFrames } from './evolve-runs';
import type { MmEvent, RemoveCause } from './events';
import { indexOf, isCached } from './frame-table';
import { populate } from './prefetch';
import { removed } from './reclaim';
import type { AddressSpace, MmDurableState, MmState } from './state';
import { findVma, intersects, isProtectedOtherwise } from './vma';

type Named<Kind extends MmCommand['kind']> = Extract<MmCommand, { kind: Kind }>;

/** A new owner; runs of the one before are void (D5). */
export function beginEpoch(durable: MmDurableState, epoch: number): MmEvent[] {
  if (epoch <= durable.epoch) {
    throw new MmCommandRefused('stale-epoch', `epoch ${epoch} is not after ${durable.epoch}`);
  }
  return [{ kind: 'MmOwnerChanged', shard: durable.shard, epoch }];
}

/** A new, empty mm. */
export function createSpace(durable: MmDurableState, mm: number): MmEvent[] {
  if (durable.spaces.has(mm)) throw new MmCommandRefused('mm-exists', `mm ${mm}`);
  return [{ kind: 'AddressSpaceCreated', mm }];
}

/** The last user of the mm is gone: all its pages go, PASIDs stay bound and their faults are INVALID (R101, R108). */
export function exitSpace(durable: MmDurableState, mm: number): MmEvent[] {
  const space = durable.spaces.get(mm);
  if (space === undefined) throw new MmCommandRefused('mm-unknown', `mm ${mm}`);
  if (space.exited) return [];
  const events = removeAll(space, 0, MAX_PAGE + 1, 'exit');
  events.push({ kind: 'AddressSpaceExited', mm });
  return events;
}

/** A new area where none is. */
export function mapVma(durable: MmDurableState, command: Named<'MapVma'>): MmEvent[] {
  const { mm, start, end, permissions, backing, file, filePage } = command;
  const space = livingSpace(durable, mm);
  checkRange(start, end);
  if (intersects(space.vmas, start, end)) {
    throw new MmCommandRefused('range-taken', `mm ${mm} has an area in [${start}, ${end})`);
  }
  const anonymous = backing === 'anonymous';
  return [
    {
      kind: 'VmaMapped',
      mm,
      start,
      end,
      permissions: permissions & ACCESS_MASK,
      backing,
      file: anonymous ? 0 : file,
      filePage: anonymous ? 0 : filePage,
    },
  ];
}

/** A range leaves the mm; runs in flight meet whatever is there when they are handled (R109). */
export function unmapVma(durable: MmDurableState, command: Named<'UnmapVma'>): MmEvent[] {
  const { mm, start, end } = command;
  const space = livingSpace(durable, mm);
  checkRange(start, end);
  if (!intersects(space.vmas, start, end)) return [];
  const events = removeAll(space, start, end, 'unmap');
  events.push({ kind: 'VmaUnmapped', mm, start, end });
  return events;
}

/** A range gets other permissions: what grants more is restricted, what grants less is left to the next fault (R122, R125). */
export function protectVma(durable: MmDurableState, command: Named<'ProtectVma'>): MmEvent[] {
  const { mm, start, end } = command;
  const permissions = command.permissions & ACCESS_MASK;
  const space = livingSpace(durable, mm);
  checkRange(start, end);
  if (!isProtectedOtherwise(space.vmas, start, end, permissions)) return [];
  const events: MmEvent[] = [];
  for (const page of pagesBetween(space.pages, start, end)) {
    const entry = readPage(space.pages, page);
    const granted = entryPermissions(entry);
    if ((granted & ~permissions) === 0) continue;
    events.push({
      kind: 'PageRestricted',
      mm,
      page,
      frame: entryFrame(entry),
      permissions: granted & permissions,
    });
  }
  events.push({ kind: 'VmaProtected', mm, start, end, permissions });
  return events;
}

/**
 * Private pages of a range leave for other frames, each with a free frame kept for it; without one the page stays. Pages of the
 * page cache and the zero page stay as well: other address spaces may show them at any moment.
 */
export function migratePages(state: MmState, command: Named<'MigratePages'>): MmEvent[] {
  const { mm, start, end } = command;
  const { frames } = state.durable;
  const space = livingSpace(state.durable, mm);
  checkRange(start, end);
  const events: MmEvent[] = [];
  let room = availableFrames(state);
  for (const page of pagesBetween(space.pages, start, end)) {
    if (room <= 0) break;
    const frame = entryFrame(readPage(space.pages, page));
    if (frame === ZERO_FRAME || isCached(frames, indexOf(frames, frame))) continue;
    events.push(removed(mm, page, frame, 'migrate', false));
    room -= 1;
  }
  return events;
}

/**
 * The absent pages of the area at `start` are brought in, up to `end` or its own end, while frames are free. As Linux does it
 * (populate_vma_page_range), a private area that may be written is written, so that no write faults later; of others nothing is made
 * dirty for nothing.
 */
export function populatePages(
  state: MmState,
  config: ResolvedMmConfig,
  { mm, start, end }: Named<'PopulatePages'>,
): MmEvent[] {
  const space = livingSpace(state.durable, mm);
  checkRange(start, end);
  const vma = findVma(space.vmas, start);
  if (vma === undefined || vma.permissions === 0) return [];
  const write = (vma.permissions & Permission.WRITE) !== 0 && vma.backing !== 'file-shared';
  return populate({ state, config, space, vma, write }, start, Math.min(end, vma.end));
}

/** The PASID names the mm, with the next generation (D2). A second bind of the same pair changes nothing (R92). */
export function bindPasid(durable: MmDurableState, pasid: number, mm: number): MmEvent[] {
  if (!Number.isInteger(pasid) || pasid < 0 || pasid > MAX_PASID) {
    throw new MmCommandRefused('pasid-invalid', `PASID ${pasid}`);
  }
  const binding = durable.pasids.get(pasid);
  if (binding?.bound === true) {
    if (binding.mm === mm) return [];
    throw new MmCommandRefused('pasid-taken', `PASID ${pasid} names mm ${binding.mm}`);
  }
  livingSpace(durable, mm);
  const generation = (binding?.generation ?? 0) + 1;
  return [{ kind: 'MmPasidBound', pasid, mm, generation, replaces: false }];
}

/** The bound PASID names this mm at once, with the next generation: requests made under the one before are refused (D2, R105). */
export function rebindPasid(durable: MmDurableState, pasid: number, mm: number): MmEvent[] {
  const binding = durable.pasids.get(pasid);
  if (binding === undefined || !binding.bound) throw new MmCommandRefused('pasid-free', `PASID ${pasid}`);
  livingSpace(durable, mm);
  return [{ kind: 'MmPasidBound', pasid, mm, generation: binding.generation + 1, replaces: true }];
}

/** The PASID names nothing; its pages stay, they belong to the mm (R93). */
export function unbindPasid(durable: MmDurableState, pasid: number): MmEvent[] {
  const binding = durable.pasids.get(pasid);
  if (binding === undefined || !binding.bound) return [];
  return [{ kind: 'MmPasidUnbound', pasid, generation: binding.generation }];
}

function livingSpace(durable: MmDurableState, mm: number): AddressSpace {
  const space = durable.spaces.get(mm);
  if (space === undefined) throw new MmCommandRefused('mm-unknown', `mm ${mm}`);
  if (space.exited) throw new MmCommandRefused('mm-exited', `mm ${mm}`);
  return space;
}

function checkRange(start: number, end: number): void {
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end);
  if (whole && start >= 0 && start < end && end <= MAX_PAGE + 1) return;
  throw new MmCommandRefused('range-invalid', `[${start}, ${end})`);
}

function removeAll(space: AddressSpace, start: number, end: number, cause: RemoveCause): MmEvent[] {
  const { mm, pages } = space;
  return pagesBetween(pages, start, end).map((page) =>
    removed(mm, page, entryFrame(readPage(pages, page)), cause, false),
  );
}
