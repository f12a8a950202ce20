import { takeRangeFromSet } from '../kernel/page-set';
import { evolveMemberHandled, evolveRunFinished, evolveRunParked, serveFrameWaiters } from './evolve-runs';
import {
  abandonMigrations,
  evolveAddressSpaceExited,
  evolveFrameFreed,
  evolvePageInstalled,
  evolvePageInvalidated,
  evolvePageRemoved,
  evolvePageRestricted,
  spaceOf,
} from './evolve-pages';
import type { MmEvent, VmaMapped, VmaUnmapped, VolatileMmEvent } from './events';
import { createVolatileState, openRun, wakePageWaiters } from './runs';
import { createAddressSpace, type MmDurableState, type MmState } from './state';
import { insertVma, protectRange, removeRange } from './vma';

/** Folds one event into the state, in place. Durable events change the volatile part only by waking runs that wait in it (I8). */
export function evolve(state: MmState, event: MmEvent | VolatileMmEvent): MmState {
  switch (event.kind) {
    case 'RunOpened':
      openRun(state.volatile, event.run);
      return state;
    case 'MemberHandled':
      evolveMemberHandled(state, event);
      return state;
    case 'RunParked':
      evolveRunParked(state, event);
      return state;
    case 'RunFinished':
      evolveRunFinished(state, event);
      return state;
    case 'PageInstalled':
      evolvePageInstalled(state.durable, event);
      return state;
    case 'PageRemoved':
      evolvePageRemoved(state.durable, event);
      return state;
    case 'PageRestricted':
      evolvePageRestricted(state.durable, event);
      return state;
    case 'PageInvalidated':
      if (evolvePageInvalidated(state.durable, event)) wakePageWaiters(state.volatile, event.mm, event.page);
      serveFrameWaiters(state);
      return state;
    case 'FrameFreed':
      if (evolveFrameFreed(state.durable, event)) wakePageWaiters(state.volatile, event.mm, event.page);
      serveFrameWaiters(state);
      return state;
    case 'MmOwnerChanged':
      state.durable.epoch = event.epoch;
      // Runs belong to the owner that opened them; workers get their groups again.
      state.volatile = createVolatileState();
      return state;
    default:
      evolveLayout(state.durable, event);
      // With an area the migrations in it end, and the frames that were kept for them may help others.
      serveFrameWaiters(state);
      return state;
  }
}

/** Events about address spaces, areas and PASIDs: rare next to pages. */
type LayoutEvent = Exclude<
  MmEvent,
  {
    kind:
      | 'PageInstalled'
      | 'PageRestricted'
      | 'PageRemoved'
      | 'PageInvalidated'
      | 'FrameFreed'
      | 'MmOwnerChanged';
  }
>;

function evolveLayout(durable: MmDurableState, event: LayoutEvent): void {
  switch (event.kind) {
    case 'AddressSpaceCreated':
      durable.spaces.set(event.mm, createAddressSpace(event.mm));
      return;
    case 'AddressSpaceExited':
      evolveAddressSpaceExited(durable, event);
      return;
    case 'VmaMapped':
      evolveVmaMapped(durable, event);
      return;
    case 'VmaUnmapped':
      evolveVmaUnmapped(durable, event);
      return;
    case 'VmaProtected':
      protectRange(spaceOf(durable, event.mm).vmas, event.start, event.end, event.permissions);
      return;
    case 'MmPasidBound':
      durable.pasids.set(event.pasid, { bound: true, mm: event.mm, generation: event.generation });
      return;
    case 'MmPasidUnbound': {
      const binding = durable.pasids.get(event.pasid);
      if (binding !== undefined) binding.bound = false;
      return;
    }
  }
}

function evolveVmaMapped(durable: MmDurableState, event: VmaMapped): void {
  const { start, end, permissions, backing, file, filePage } = event;
  insertVma(spaceOf(durable, event.mm).vmas, { start, end, permissions, backing, file, filePage });
}

function evolveVmaUnmapped(durable: MmDurableState, event: VmaUnmapped): void {
  const space = spaceOf(durable, event.mm);
  removeRange(space.vmas, event.start, event.end);
  abandonMigrations(durable, space, event.start, event.end);
  durable.swapUsed -= takeRangeFromSet(space.swapped, event.start, event.end);
}
