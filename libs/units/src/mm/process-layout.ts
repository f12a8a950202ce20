import type { ResolvedProcess } from '@faultline/contracts';
import type { MmCommand } from '@faultline/domain';

/** Pages that one command brings in: many, but others have their turn in between. */
const POPULATED_AT_ONCE = 4_096;

/** What makes the address space of a process, with its areas. */
export function layoutOf({ mm, vmas }: Pick<ResolvedProcess, 'mm' | 'vmas'>): MmCommand[] {
  return [
    { kind: 'CreateAddressSpace', mm },
    ...vmas.map(({ startPage, pages, permissions, backing, file, filePage }): MmCommand => ({
      kind: 'MapVma',
      mm,
      start: startPage,
      end: startPage + pages,
      permissions,
      backing,
      file,
      filePage,
    })),
  ];
}

/** What brings in the pages of its areas, area by area. Pages that are there stay as they are. */
export function* populationOf({ mm, vmas }: Pick<ResolvedProcess, 'mm' | 'vmas'>): Generator<MmCommand> {
  for (const { startPage, pages } of vmas)
    for (let start = startPage; start < startPage + pages; start += POPULATED_AT_ONCE)
      yield {
        kind: 'PopulatePages',
        mm,
        start,
        end: Math.min(start + POPULATED_AT_ONCE, startPage + pages),
      };
}
