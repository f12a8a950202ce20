/** What the layer itself reads of a fault it holds: partials match by group id only, per device (R81). */
export interface GroupedFault {
  readonly groupId: number;
}

/** A page request that was reported as the last of its group and has no response yet (G1, rule 15). */
export interface PendingRecord<Fault> {
  /** The group that was formed with it; 0 when a foreign handler took the fault. */
  serial: number;
  fault: Fault;
  groupId: number;
  pasid: number;
  /** Whether a response must carry the PASID to match it. */
  needsPasid: boolean;
}

/** A closed group whose work has not run: queued, being handled, or waiting for its answer. */
export interface IopfGroup<Fault> {
  /** Groups are numbered from 1 in order of formation, over the whole life of the state. */
  serial: number;
  device: number;
  queue: string;
  groupId: number;
  /** PASID and flags of the last member, which decides for the group (R83). */
  pasid: number;
  hasPasid: boolean;
  needsPasid: boolean;
  /** In the order of reporting, the last one at the end (R80). */
  members: Fault[];
}

/**
 * Who handles the faults of a device. `iopf` is the layer itself; `foreign` is any other function, known by what it returns;
 * `none` is a registration without a function.
 */
export type FaultHandler = { kind: 'iopf' } | { kind: 'foreign'; returns: number } | { kind: 'none' };

/** The layer's own handler; one object, so that comparing it costs nothing. */
export const IOPF_HANDLER: FaultHandler = { kind: 'iopf' };

/** A device as the layer knows it. */
export interface IopfDevice<Fault> {
  device: number;
  /** Whether the device has IOMMU data at all, is attached to a domain, and its driver can send responses. */
  hasIommu: boolean;
  attached: boolean;
  canRespond: boolean;
  /** The queue it was added to; `null` for none. */
  queue: string | null;
  handler: FaultHandler | null;
  /** Faults whose last one has not come, newest first (R79). */
  partial: Fault[];
  /** Unanswered page requests, oldest first. */
  pending: PendingRecord<Fault>[];
}

/** A queue object; its devices, last added first. The groups on it are {@link queuedGroups}. */
export interface IopfQueue {
  name: string;
  devices: number[];
}

/** Everything the I/O page fault layer knows. */
export interface IopfState<Fault> {
  devices: Map<number, IopfDevice<Fault>>;
  queues: Map<string, IopfQueue>;
  /** By serial; a Map keeps the order of formation. */
  groups: Map<number, IopfGroup<Fault>>;
  /** Groups ever formed, which is the serial of the newest. */
  groupCount: number;
}

/** A layer without devices, queues or groups. */
export function createIopfState<Fault>(): IopfState<Fault> {
  return { devices: new Map(), queues: new Map(), groups: new Map(), groupCount: 0 };
}

/** What the driver says about a device. */
export type DeviceFacts = Pick<IopfDevice<unknown>, 'hasIommu' | 'attached' | 'canRespond'>;

/** Makes a device known, in no queue and without a handler. Of a known device only these facts change. */
export function evolveDevice<Fault>(state: IopfState<Fault>, device: number, facts: DeviceFacts): void {
  const known = state.devices.get(device);
  if (known !== undefined) {
    known.hasIommu = facts.hasIommu;
    known.attached = facts.attached;
    known.canRespond = facts.canRespond;
    return;
  }
  state.devices.set(device, {
    device,
    hasIommu: facts.hasIommu,
    attached: facts.attached,
    canRespond: facts.canRespond,
    queue: null,
    handler: null,
    partial: [],
    pending: [],
  });
}

/** Groups on a queue, oldest first. */
export function queuedGroups<Fault>(state: IopfState<Fault>, queue: string): IopfGroup<Fault>[] {
  const groups: IopfGroup<Fault>[] = [];
  for (const group of state.groups.values()) if (group.queue === queue) groups.push(group);
  return groups;
}
