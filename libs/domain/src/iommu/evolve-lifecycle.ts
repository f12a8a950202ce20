import { evolveAttach, evolveDetach } from '../iopf/attachments';
import { evolveRegisterHandler } from '../iopf/handlers';
import {
  devicesOfQueue,
  evolveAddDevice,
  evolveQueueAlloc,
  evolveQueueFree,
  evolveRemoveDevice,
} from '../iopf/queues';
import { evolveDevice, IOPF_HANDLER } from '../iopf/state';
import type {
  DeviceAttached,
  DeviceDetached,
  DeviceFenced,
  DeviceResetSeen,
  PasidBound,
  PasidDrained,
  TeardownBegun,
  TeardownStepped,
} from './events';
import { evolveAccepted } from './evolve-requests';
import { createDeviceEntry, type DeviceEntry, type IommuDurableState, LAYER_QUEUE } from './state';
import { stepAfter } from './teardown-steps';

/** Adding it to the queue and registering its handler are separate steps of the layer, which it takes in either order. */
export function evolveAttached(durable: IommuDurableState, event: DeviceAttached): void {
  const entry = entryOf(durable, event.device);
  entry.segment = event.segment;
  entry.model = event.model;
  entry.responsePasidRequired = event.responsePasidRequired;
  entry.responseTimeoutMicros = event.responseTimeoutMicros;
  entry.hasHandler = event.hasHandler;
  entry.attached = true;
  evolveDevice(durable.iopf, event.device, { hasIommu: true, attached: true, canRespond: true });
  evolveAddDevice(durable.iopf, LAYER_QUEUE, event.device);
  if (event.hasHandler) evolveRegisterHandler(durable.iopf, event.device, IOPF_HANDLER);
  for (const [pasid, { mm }] of entry.bindings) attach(durable, entry, pasid, mm);
  findTimeouts(durable);
}

/** With the device go its bindings, its place in the layer, and the teardowns that took them apart. */
export function evolveDetached(durable: IommuDurableState, { device }: DeviceDetached): void {
  evolveRemoveDevice(durable.iopf, LAYER_QUEUE, device);
  durable.iopf.devices.delete(device);
  durable.iopf.attachments.delete(device);
  durable.devices.delete(device);
  durable.teardowns = durable.teardowns.filter((teardown) => teardown.device !== device);
  findTimeouts(durable);
}

/** So that nobody has to look for deadlines where no device has one. */
function findTimeouts(durable: IommuDurableState): void {
  durable.hasTimeouts = [...durable.devices.values()].some(
    ({ responseTimeoutMicros }) => responseTimeoutMicros > 0,
  );
}

/** The binding is there, and the domain behind it attached, in place of the one before (R92, R105). */
export function evolveBound(durable: IommuDurableState, event: PasidBound): void {
  const { pasid, mm, shard, generation } = event;
  const entry = entryOf(durable, event.device);
  entry.bindings.set(pasid, { mm, shard, generation });
  attach(durable, entry, pasid, mm);
}

/** A device is alone in its IOMMU group. */
function attach(durable: IommuDurableState, entry: DeviceEntry, pasid: number, mm: number): void {
  const handler = entry.hasHandler ? IOPF_HANDLER : null;
  evolveAttach(durable.iopf, entry.device, pasid, { handler, nested: false, space: mm, users: 1 });
}

function entryOf(durable: IommuDurableState, device: number): DeviceEntry {
  const known = durable.devices.get(device);
  if (known !== undefined) return known;
  const entry = createDeviceEntry(device);
  durable.devices.set(device, entry);
  return entry;
}

/** A teardown goes on by a step. Its domain is detached only at the end: until then faults find their handler (R95 step 7). */
export function evolveTeardown(
  durable: IommuDurableState,
  event: TeardownBegun | TeardownStepped | PasidDrained,
): void {
  const { device, pasid, generation } = event;
  const { teardowns } = durable;
  const place = teardowns.findIndex((each) => each.device === device && each.pasid === pasid);
  const teardown = teardowns[place];
  if (event.kind === 'TeardownBegun') {
    teardowns.push({ device, pasid, generation, step: 'stop' });
  } else if (event.kind === 'TeardownStepped') {
    if (teardown !== undefined) teardown.step = stepAfter(event.step);
  } else {
    teardowns.splice(place, 1);
    evolveDetach(durable.iopf, device, pasid);
  }
}

/** The device is cut off, or is back after its reset, whose message has a number among the requests. */
export function evolveFence(durable: IommuDurableState, event: DeviceFenced | DeviceResetSeen): void {
  const entry = durable.devices.get(event.device);
  if (entry !== undefined) entry.fenced = event.kind === 'DeviceFenced';
  if (event.kind === 'DeviceResetSeen') evolveAccepted(durable, event);
}

/** The devices are in no queue any more, and there is none. */
export function evolveFreed({ iopf }: IommuDurableState): void {
  for (const device of devicesOfQueue(iopf, LAYER_QUEUE)) evolveRemoveDevice(iopf, LAYER_QUEUE, device);
  evolveQueueFree(iopf, LAYER_QUEUE);
}

/** There is a queue again, with every attached device. */
export function evolveAllocated({ iopf }: IommuDurableState): void {
  evolveQueueAlloc(iopf, LAYER_QUEUE);
  for (const device of iopf.devices.keys()) evolveAddDevice(iopf, LAYER_QUEUE, device);
}
