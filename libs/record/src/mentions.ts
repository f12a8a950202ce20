import { type FaultRow, type LoggedMessage, unitIndex } from '@faultline/audit';
import type { LogEvent } from '@faultline/contracts';
import { EVERY_PASID, type RequestIdentity } from '@faultline/domain';

/** Whether an event speaks of a fault: of its request, of its group, or of its device's partial list. */
export function mentions(event: LogEvent, fault: FaultRow, message: LoggedMessage): boolean {
  const { unit, epoch } = message.headers;
  switch (event.kind) {
    case 'PageRequestQueued':
    case 'PageRequestDropped':
    case 'FaultParked':
    case 'FaultRefused':
    case 'StallRecorded':
    case 'StallDeferred':
    case 'StallEnded':
      return isRequest(event, fault);
    case 'GroupHeld':
      return fault.group === groupName(unit, epoch, event.group);
    case 'GroupQueued':
      return fault.group === groupName(unit, event.groupEpoch, event.group);
    case 'GroupHandled':
      return fault.group === `${event.iommu}.${event.epoch}.${event.group}`;
    case 'GroupResponded':
    case 'GroupDiscarded':
      return fault.group === groupName(unit, event.groupEpoch, event.group);
    case 'PartialsDiscarded':
      return (
        fault.code === 'discarded' &&
        fault.group === null &&
        (event.device === -1 || event.device === fault.device) &&
        (event.pasid === EVERY_PASID || event.pasid === fault.pasid)
      );
    case 'AccessRetried':
    case 'AccessEnded':
      return (
        unitIndex(unit) === fault.segment && epoch === fault.segmentEpoch && event.request === fault.request
      );
    default:
      return false;
  }
}

function isRequest(event: RequestIdentity, fault: FaultRow): boolean {
  return (
    event.segment === fault.segment &&
    event.segmentEpoch === fault.segmentEpoch &&
    event.request === fault.request
  );
}

const groupName = (unit: string, epoch: number, group: number): string =>
  `${unitIndex(unit)}.${epoch}.${group}`;
