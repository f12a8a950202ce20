import { entryFrame } from '../kernel/page-entry';
import { pagesBetween, readPage } from '../kernel/page-map';
import { ACCESS_MASK, MAX_PAGE, MAX_PASID } from '../kernel/vocabulary';
import type { MmCommand } from './commands';
import { MmCommandRefused } from './errors';
import type { MmEvent, RemoveCause } from './events';
import { removed } from './reclaim';
import type { AddressSpace, MmDurableState } from './state';
import { intersects } from './vma';

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
  return [{ kind: 'MmPasidBound', pasid, mm, generation: (binding?.generation ?? 0) + 1 }];
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
