import {
  type AddressSpace,
  ascendingEntriesOf,
  countMm,
  entryFrame,
  entryPermissions,
  formatPermissions,
  type MmDurableState,
  type PageMap,
  type PageSet,
  pagesOf,
  recordsOf,
  restoreMmState,
} from '@faultline/domain';
import type { FoldedState } from '@faultline/units';
import { Listing } from './listing';

/** A state in the terms of its unit: tables that are packed for speed are shown as what they say. */
export function stateView({ kind, state }: FoldedState): unknown {
  if (kind === 'mm') return mmView(state);
  if (kind === 'segment') {
    const { history, ...segment } = state;
    return { ...segment, history: { ...history, over: new Map(history.over) } };
  }
  const ring = ({ slots, overflow, ...ends }: typeof state.pri) => ({
    ...{ entries: slots.length, overflow },
    records: recordsOf({ slots, overflow, ...ends }),
  });
  return { ...state, pri: ring(state.pri), events: ring(state.events) };
}

function mmView(state: MmDurableState): unknown {
  const { base, total, policy, records, free, quarantined, cache } = state.frames;
  return {
    ...state,
    spaces: new Map([...state.spaces].map(([mm, space]) => [mm, spaceView(space)])),
    frames: {
      ...{ base, total, policy, everUsed: records.count, freed: free.length, quarantined },
      files: new Map(
        [...cache.files].map(([file, pages]) => [file, pagesView(pages, (index) => base + index)]),
      ),
    },
    counts: countMm(restoreMmState(state)),
  };
}

function spaceView(space: AddressSpace): unknown {
  const vmas = space.vmas.map((vma) => ({ ...vma, permissions: formatPermissions(vma.permissions) }));
  const entry = (value: number) => ({
    frame: entryFrame(value),
    permissions: formatPermissions(entryPermissions(value)),
  });
  // The frame that caches may still name, and how many invalidations of the entry are not complete, in one number.
  const invalidating = new Map(
    [...space.invalidating].map(([page, packed]) => [
      page,
      { frame: entryFrame(packed), pending: entryPermissions(packed) },
    ]),
  );
  return {
    ...space,
    vmas,
    invalidating,
    pages: pagesView(space.pages, entry),
    swapped: setView(space.swapped),
  };
}

function pagesView(pages: PageMap, show: (value: number) => unknown): Listing {
  return new Listing(pages.size, function* () {
    for (const [page, value] of ascendingEntriesOf(pages)) yield [page, show(value)] as const;
  });
}

function setView(pages: PageSet): Listing {
  return new Listing(
    pages.size,
    function* () {
      let place = 0;
      for (const page of pagesOf(pages)) yield [(place += 1) - 1, page] as const;
    },
    true,
  );
}
