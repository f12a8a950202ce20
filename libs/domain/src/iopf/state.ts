import { MAX_PASID } from '../kernel/vocabulary';

/** What the layer itself reads of a fault it holds: partials match by group id only, per device (R81). */
export interface GroupedFault {
  readonly groupId: number;
}

/** Number of the address space of a group whose members are handled each in that of its own PASID, or not by the layer at all. */
export const NO_SPACE = -1;

/** A page request that was reported as the last of its group and has no response yet (rules 15, 22). */
export interface PendingRecord<Fault> {
  /** The group that was formed with it; 0 when a foreign handler of the device took the fault. */
  serial: number;
  fault: Fault;
  groupId: number;
  pasid: number;
  /** Whether a response must carry the PASID to match it (2021 generation). */
  needsPasid: boolean;
}

/** A closed group that is not over: queued, being handled, held by a foreign handler, or waiting for its answer. */
export interface IopfGroup<Fault> {
  /** Groups are numbered from 1 in order of formation, over the whole life of the state. */
  serial: number;
  device: number;
  /** The queue its work is on; `null` when a foreign handler has it, or its work is lost. */
  queue: string | null;
  groupId: number;
  /** PASID and flags of the last member, which decides for the group (R83). */
  pasid: number;
  hasPasid: boolean;
  needsPasid: boolean;
  /** The address space in which all members are handled, or {@link NO_SPACE} (rule 13). */
  space: number;
  /** In the order of reporting, the last one at the end (R80). */
  readonly members: readonly Fault[];
}

/**
 * Who handles faults. `iopf` is the layer itself; `foreign` is any other function, known by what it returns; `none` is a
 * registration, or a domain, without a function.
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
  /** The IOMMU group that its attachments belong to. */
  iommuGroup: number;
  /** Whether users can own its PASID table, so that a nested domain takes the faults of every PASID (R78). */
  userPasidTable: boolean;
  /** PASIDs must be below this. */
  maxPasids: number;
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

/** What a PASID of an IOMMU group is attached to. */
export interface Attachment {
  /** The fault handler of its domain; `null` for a domain that was attached without a handle, which faults do not find. */
  handler: FaultHandler | null;
  /** Whether the domain is nested on one that the host owns. */
  nested: boolean;
  /** The address space that the domain shares, or {@link NO_SPACE}. */
  space: number;
  /** Binds of (IOMMU group, PASID) to that space (R92). */
  users: number;
}

/** Everything the I/O page fault layer knows. */
export interface IopfState<Fault> {
  devices: Map<number, IopfDevice<Fault>>;
  queues: Map<string, IopfQueue>;
  /** By IOMMU group, then by PASID. */
  attachments: Map<number, Map<number, Attachment>>;
  /** By serial; a Map keeps the order of formation. */
  groups: Map<number, IopfGroup<Fault>>;
  /** Groups ever formed, which is the serial of the newest. */
  groupCount: number;
}

/** A layer without devices, queues or groups. */
export function createIopfState<Fault>(): IopfState<Fault> {
  return { devices: new Map(), queues: new Map(), attachments: new Map(), groups: new Map(), groupCount: 0 };
}

/** Gives a state that was stored and read again the layer's own handler, which is compared by identity. */
export function restoreHandlers<Fault>(state: IopfState<Fault>): void {
  for (const device of state.devices.values())
    if (device.handler?.kind === 'iopf') device.handler = IOPF_HANDLER;
  for (const attachments of state.attachments.values())
    for (const attachment of attachments.values())
      if (attachment.handler?.kind === 'iopf') attachment.handler = IOPF_HANDLER;
}

/** What the driver says about a device. A device is alone in its IOMMU group and has 20-bit PASIDs unless it says otherwise. */
export interface DeviceFacts {
  hasIommu: boolean;
  attached: boolean;
  canRespond: boolean;
  iommuGroup?: number;
  userPasidTable?: boolean;
  maxPasids?: number;
}

/** Makes a device known, in no queue and without a handler. Of a known device only these facts change. */
export function evolveDevice<Fault>(state: IopfState<Fault>, device: number, facts: DeviceFacts): void {
  const known = state.devices.get(device);
  state.devices.set(device, {
    device,
    hasIommu: facts.hasIommu,
    attached: facts.attached,
    canRespond: facts.canRespond,
    iommuGroup: facts.iommuGroup ?? device,
    userPasidTable: facts.userPasidTable ?? false,
    maxPasids: facts.maxPasids ?? MAX_PASID + 1,
    queue: known?.queue ?? null,
    handler: known?.handler ?? null,
    partial: known?.partial ?? [],
    pending: known?.pending ?? [],
  });
}

/** Groups on a queue, oldest first. */
export function queuedGroups<Fault>(state: IopfState<Fault>, queue: string): IopfGroup<Fault>[] {
  const groups: IopfGroup<Fault>[] = [];
  for (const group of state.groups.values()) if (group.queue === queue) groups.push(group);
  return groups;
}
