import type {
  DeviceResetMessage,
  PageRequestMessage,
  pageRequestSchema,
  StalledAccessMessage,
} from '@faultline/contracts';
import type { IommuCommand } from '@faultline/domain';

export type PageRequestRecord = ReturnType<typeof pageRequestSchema.decode>[number];
/** What has a number in its segment's sequence. */
export type RequestMessage = PageRequestMessage | StalledAccessMessage | DeviceResetMessage;

/** A numbered message as a command of the IOMMU. */
export interface Numbered {
  request: number;
  command: IommuCommand;
}

export function isRequest(record: PageRequestRecord): record is RequestMessage {
  const { kind } = record;
  return kind === 'PageRequestMessage' || kind === 'StalledAccessMessage' || kind === 'DeviceResetMessage';
}

/** The command that a numbered message stands for. */
export function commandOf(message: RequestMessage, segmentEpoch: number): IommuCommand {
  const { segment, request, device } = message;
  if (message.kind === 'DeviceResetMessage')
    return { kind: 'SeeDeviceReset', segment, segmentEpoch, request, device };
  const { pasid, page, permissions, sentAtMicros } = message;
  if (message.kind === 'StalledAccessMessage') {
    return {
      kind: 'ReceiveStalledAccess',
      segment,
      segmentEpoch,
      request,
      device,
      pasid,
      page,
      offset: message.offset,
      permissions,
      groupId: 0,
      last: true,
      round: 0,
      sentAtMicros,
    };
  }
  const { groupId, last, round } = message;
  return {
    kind: 'ReceivePageRequest',
    segment,
    segmentEpoch,
    request,
    device,
    pasid,
    page,
    offset: 0,
    permissions,
    groupId,
    last,
    round,
    sentAtMicros,
  };
}
