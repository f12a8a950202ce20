import {
  type FaultModel,
  type GroupDiscarded,
  type GroupHandled,
  type GroupHeld,
  type GroupQueued,
  type GroupResponded,
  Numbered,
  type RequestRecord,
} from '@faultline/domain';
import { EpochMap } from './epoch-map';
import type { FaultCode } from './fault-row';
import type { OpenFault, OpenFaults, OpenGroup } from './open-faults';

const SOFTWARE_CODES: readonly FaultCode[] = ['success', 'invalid', 'failure'];

/** Where an event stands. */
export interface Place {
  sequence: number;
  unit: number;
  epoch: number;
}

/** The open groups of a log, which tell their members when they were queued, handled and answered. */
export class FaultGroups {
  private readonly groups = new EpochMap(() => new Numbered<OpenGroup>());
  /** Faults in partial lists, and some that were: few, so that a group that closes finds its members fast. */
  private readonly parked = new Set<OpenFault>();

  constructor(
    private readonly faults: OpenFaults,
    /** The fault of a record that is first seen as a member. */
    private readonly begin: (record: RequestRecord, model: FaultModel, place: Place) => OpenFault | undefined,
    private readonly answered: (fault: OpenFault) => void,
  ) {}

  /** The fault waits for the last one of its group. */
  park(fault: OpenFault): void {
    if (fault.group) return;
    fault.parked = true;
    this.parked.add(fault);
  }

  /** The time in which a group is held for its device's turn is part of its wait in the queue. */
  hold(event: GroupHeld, place: Place): void {
    const groups = this.groups.get(place.unit, place.epoch);
    // The queue message of the same cycle stands before this (D5).
    if (groups.get(event.group)) return;
    const last = this.faults.findLatest(event);
    for (const fault of this.parked) if (!fault.parked || !fault.isOpen) this.parked.delete(fault);
    const members = [...this.parked].filter(
      ({ iommu, record }) =>
        iommu === place.unit && record.device === event.device && record.groupId === event.groupId,
    );
    const group = openGroup(place, place.epoch, event);
    for (const fault of last ? [...members, last] : members) {
      group.members.push(fault);
      join(fault, group, event.closedAtMicros);
    }
    groups.add(event.group, group);
  }

  queue(event: GroupQueued, place: Place): void {
    const groups = this.groups.get(place.unit, event.groupEpoch);
    const held = groups.get(event.group);
    const group = held ?? openGroup(place, event.groupEpoch, event);
    if (!held) {
      for (const record of event.members) {
        const fault = this.begin(record, event.model, place);
        group.members.push(fault);
        if (!fault) continue;
        join(fault, group, event.queuedAtMicros);
        fault.instants.writtenAtMicros = record.writtenAtMicros;
      }
      groups.add(event.group, group);
    }
    for (const fault of group.members) if (fault) fault.sequences.queued = place.sequence;
  }

  /** The first result is the one the IOMMU admits (D1). */
  handle(event: GroupHandled, place: Place): void {
    const group = this.groups.peek(event.iommu, event.epoch)?.get(event.group);
    if (!group || group.isHandled) return;
    group.isHandled = true;
    group.members.forEach((fault, position) => {
      if (!fault) return;
      fault.sequences.handled = place.sequence;
      fault.instants.startedAtMicros = event.startedAtMicros;
      fault.instants.handlingAtMicros = event.handlingAtMicros;
      fault.instants.handledAtMicros = event.handledAtMicros;
      fault.resolution = event.members[position]?.resolution ?? null;
      fault.error = event.members[position]?.error ?? null;
    });
  }

  answer(event: GroupResponded | GroupDiscarded, place: Place): void {
    const groups = this.groups.peek(place.unit, event.groupEpoch);
    const group = groups?.get(event.group);
    if (!group) return;
    groups?.delete(event.group);
    for (const fault of group.members) {
      // The access may have been lost with its device before.
      if (!fault?.isOpen) continue;
      fault.sequences.responded = place.sequence;
      if (event.kind === 'GroupResponded') {
        if (event.cause === 'handled') fault.code = SOFTWARE_CODES[event.code] ?? 'failure';
        else forgetHandling(fault, event.cause);
        fault.instants.respondedAtMicros = event.respondedAtMicros;
        // A driver that takes a stop marker for a request has it answered; its device settles nothing for it (R75).
        if (asksForNothing(fault)) fault.abandoned = true;
      } else {
        fault.code = 'discarded';
        // The device is gone or has forgotten it; a group that only misses its PASID leaves a device that waits.
        if (event.cause !== 'needs-pasid') fault.abandoned = true;
      }
      this.answered(fault);
    }
  }
}

/** L=1, R=W=0: a stop marker, or what looks like one (R23). A stalled transaction that only executes asks for its page. */
export function asksForNothing({ model, record }: OpenFault): boolean {
  return model === 'pri' && record.last && (record.permissions & 3) === 0;
}

function openGroup(place: Place, epoch: number, { group, queue }: GroupHeld | GroupQueued): OpenGroup {
  return { iommu: place.unit, epoch, group, queue, members: [], isHandled: false };
}

function join(fault: OpenFault, group: OpenGroup, queuedAtMicros: number): void {
  fault.group = group;
  fault.parked = false;
  fault.instants.queuedAtMicros = queuedAtMicros;
}

/** The answer did not come of a worker's result, though there may be one: both happened at the same time. */
function forgetHandling(fault: OpenFault, code: FaultCode): void {
  fault.code = code;
  fault.resolution = null;
  fault.error = null;
  fault.sequences.handled = null;
  fault.instants.startedAtMicros = null;
  fault.instants.handlingAtMicros = null;
  fault.instants.handledAtMicros = null;
}
