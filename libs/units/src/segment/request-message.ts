import type { SegmentEvent } from '@faultline/domain';
import type { SegmentRequest } from '../common';

/** The message for an event that leaves the devices as part of the numbered sequence; undefined for any other event. */
export function asRequest(segment: number, event: SegmentEvent): SegmentRequest | undefined {
  switch (event.kind) {
    case 'PageRequestSent': {
      const { request, device, pasid, page, permissions, groupId, last, round, sentAtMicros } = event;
      const kind = 'PageRequestMessage';
      return {
        kind,
        segment,
        request,
        device,
        pasid,
        page,
        permissions,
        groupId,
        last,
        round,
        sentAtMicros,
      };
    }
    case 'StopMarkerSent': {
      const { request, device, pasid, sentAtMicros } = event;
      const kind = 'PageRequestMessage';
      // Address and index of a stop marker mean nothing (R23).
      const rest = { page: 0, permissions: 0, groupId: 0, last: true, round: 0 };
      return { kind, segment, request, device, pasid, ...rest, sentAtMicros };
    }
    case 'StalledAccessSent': {
      const { request, device, pasid, page, offset, permissions, sentAtMicros } = event;
      const kind = 'StalledAccessMessage';
      return { kind, segment, request, device, pasid, page, offset, permissions, sentAtMicros };
    }
    case 'DeviceReset': {
      const { request, device } = event;
      // At an epoch change every message of the new epoch says it.
      return request === 0 ? undefined : { kind: 'DeviceResetMessage', segment, request, device };
    }
    default:
      return undefined;
  }
}
