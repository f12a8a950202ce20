import { NO_PASID } from '../../kernel/vocabulary';
import type { DeviceSettings } from './commands';
import type { HardwareConfig } from './config';
import { findEntry } from './device-table';
import type { HardwareEvent } from './events';
import { evolveDropCached } from './iotlb';
import { evolveMapLeaf, evolveUnmapLeaf, findLeaf } from './page-table';
import type { HardwareState, ProcessEntry } from './state';

type TableEvent = Extract<
  HardwareEvent,
  { kind: 'DeviceSet' | 'PasidBound' | 'PasidUnbound' | 'LeafMapped' | 'LeafUnmapped' | 'LeafMarked' }
>;

/** Folds what happened to device table, process tables and page tables. */
export function evolveTables(config: HardwareConfig, state: HardwareState, event: TableEvent): void {
  switch (event.kind) {
    case 'DeviceSet':
      return evolveDevice(state, event.device);
    case 'PasidBound': {
      const { supervisorAllowed, supervisorMayAccessUser } = event;
      const flags = { supervisorAllowed, supervisorMayAccessUser };
      const bound = findEntry(state, event.deviceId, event.pasid);
      if (bound === undefined) evolveSpace(state, event.deviceId, event.pasid, flags);
      else Object.assign(bound, flags);
      return;
    }
    case 'PasidUnbound':
      state.spaces.get(event.deviceId)?.delete(event.pasid);
      return evolveDropCached(state.iotlb, event.deviceId, event.pasid, null);
    case 'LeafMapped': {
      const entry = findEntry(state, event.deviceId, event.pasid);
      if (entry !== undefined) evolveMapLeaf(config.firstStage, entry.table, event.leaf);
      return;
    }
    case 'LeafUnmapped': {
      const entry = findEntry(state, event.deviceId, event.pasid);
      if (entry !== undefined) evolveUnmapLeaf(config.firstStage, entry.table, event.page, event.pages);
      return;
    }
    case 'LeafMarked': {
      const entry = findEntry(state, event.deviceId, event.pasid);
      const leaf = entry === undefined ? undefined : findLeaf(config.firstStage, entry.table, event.page);
      if (leaf === undefined) return;
      leaf.accessed = true;
      if (event.dirty) leaf.dirty = true;
    }
  }
}

/** A device's own address space, for requests without a PASID, is there from its first entry on. */
function evolveDevice(state: HardwareState, device: DeviceSettings): void {
  state.devices.set(device.deviceId, device);
  if (findEntry(state, device.deviceId, NO_PASID) === undefined) {
    evolveSpace(state, device.deviceId, NO_PASID, {
      supervisorAllowed: false,
      supervisorMayAccessUser: false,
    });
  }
}

function evolveSpace(
  state: HardwareState,
  deviceId: number,
  pasid: number,
  flags: Omit<ProcessEntry, 'table'>,
): void {
  let spaces = state.spaces.get(deviceId);
  if (spaces === undefined) {
    spaces = new Map();
    state.spaces.set(deviceId, spaces);
  }
  spaces.set(pasid, { ...flags, table: new Map() });
}
