import { EVERY_PASID, MAX_PASID } from '@faultline/domain';
import type {
  Permissions,
  ResponseCode,
  RunMember,
  MemberResult,
  TranslationStatus,
} from '@faultline/domain';
import {
  bool,
  f64,
  i32,
  layout,
  list,
  micros,
  offset,
  oneOf,
  page,
  pasid,
  record,
  Schema,
  text,
  u16,
  u32,
  u8,
} from '../codec';
import { checkPrgIndex, memberResult, responseCode } from './parts';

/**
 * Commands between services. Each body begins with a head that says who speaks in which epoch (D4); then one record a command.
 */

/** Who sends the batch. */
export interface Sender {
  kind: 'Sender';
  unit: string;
  epoch: number;
}

const sender = record<Sender>('Sender', 1, { unit: text, epoch: u32 });

/** ATS translation request (R1). */
export interface TranslateRequest {
  kind: 'TranslateRequest';
  translation: number;
  device: number;
  pasid: number;
  page: number;
  permissions: Permissions;
}

/** ATS completion (R2-R4). */
export interface TranslateReply {
  kind: 'TranslateReply';
  translation: number;
  status: TranslationStatus;
  permissions: Permissions;
  frame: number;
}

export const translateSchema = new Schema<Sender | TranslateRequest | TranslateReply>({
  name: 'cmd.translate',
  versions: {
    1: [
      sender,
      record<TranslateRequest>('TranslateRequest', 2, {
        translation: u32,
        device: u32,
        pasid,
        page,
        permissions: u8,
      }),
      record<TranslateReply>('TranslateReply', 3, {
        translation: u32,
        status: oneOf(['success', 'unsupported-request', 'completer-abort']),
        permissions: u8,
        frame: page,
      }),
    ],
  },
});

/**
 * A page request message of a device (R8). The sender's head gives segment and epoch. One that is last and has no permissions is
 * a stop marker: nobody answers it (R23).
 */
export interface PageRequestMessage {
  kind: 'PageRequestMessage';
  segment: number;
  request: number;
  device: number;
  pasid: number;
  page: number;
  permissions: Permissions;
  groupId: number;
  last: boolean;
  round: number;
  sentAtMicros: number;
}

/** A bus access of a master behind a stalling IOMMU (D10). */
export interface StalledAccessMessage {
  kind: 'StalledAccessMessage';
  segment: number;
  request: number;
  device: number;
  pasid: number;
  page: number;
  offset: number;
  permissions: Permissions;
  sentAtMicros: number;
}

/**
 * A device was reset; numbered like a request. What has a lower number was sent before, what has a higher one after the reset: so
 * the IOMMU lets requests in again without taking an old one for a new one (R142).
 */
export interface DeviceResetMessage {
  kind: 'DeviceResetMessage';
  segment: number;
  request: number;
  device: number;
}

/** Everything up to this request number is in the log (or needed no log entry); the segment need not send it again. */
export interface RequestsAccepted {
  kind: 'RequestsAccepted';
  upTo: number;
}

/** A master's access translated at once. */
export interface AccessTranslated {
  kind: 'AccessTranslated';
  device: number;
  request: number;
}

export const pageRequestSchema = new Schema<
  | Sender
  | PageRequestMessage
  | StalledAccessMessage
  | RequestsAccepted
  | AccessTranslated
  | DeviceResetMessage
>({
  name: 'cmd.page-request',
  versions: {
    1: [
      sender,
      record<PageRequestMessage>(
        'PageRequestMessage',
        2,
        {
          segment: u16,
          request: u32,
          device: u32,
          pasid,
          page,
          permissions: u8,
          groupId: u16,
          last: bool,
          round: u16,
          sentAtMicros: micros,
        },
        checkPrgIndex,
      ),
      record<StalledAccessMessage>('StalledAccessMessage', 3, {
        segment: u16,
        request: u32,
        device: u32,
        pasid,
        page,
        offset,
        permissions: u8,
        sentAtMicros: micros,
      }),
      record<RequestsAccepted>('RequestsAccepted', 4, { upTo: u32 }),
      record<AccessTranslated>('AccessTranslated', 5, { device: u32, request: u32 }),
      record<DeviceResetMessage>('DeviceResetMessage', 6, { segment: u16, request: u32, device: u32 }),
    ],
  },
});

/** A run of members for one shard (D7), and its result. `run` is chosen by the worker and unique in the message. */
export interface HandleRequest {
  kind: 'HandleRequest';
  run: number;
  members: RunMember[];
}

export interface HandleReply {
  kind: 'HandleReply';
  run: number;
  code: ResponseCode;
  handlingAtMicros: number;
  handledAtMicros: number;
  members: MemberResult[];
}

/** Where the shard's log stood when everything the replies speak of was in it (D8). */
export interface HandledAt {
  kind: 'HandledAt';
  shard: number;
  sequence: number;
}

export const handleSchema = new Schema<Sender | HandleRequest | HandleReply | HandledAt>({
  name: 'cmd.handle',
  versions: {
    1: [
      sender,
      record<HandleRequest>('HandleRequest', 2, {
        run: u32,
        members: list(layout<RunMember>({ pasid, generation: u32, page, permissions: u8 })),
      }),
      record<HandleReply>('HandleReply', 3, {
        run: u32,
        code: responseCode,
        handlingAtMicros: micros,
        handledAtMicros: micros,
        members: list(memberResult),
      }),
      record<HandledAt>('HandledAt', 4, { shard: u16, sequence: f64 }),
    ],
  },
});

/** Pages of a PASID whose translations must go. The reply, a `Sender` and what else it says, is the completion (R26). */
export interface InvalidatePages {
  kind: 'InvalidatePages';
  /** The device whose ATC is meant; EVERY_DEVICE (-1) means all, as always on the way to an IOMMU. */
  device: number;
  /** EVERY_PASID (-2) means all. */
  pasid: number;
  mm: number;
  /** Position of the removal in the shard's log: the IOMMU folds its replica that far first (D3). */
  shard: number;
  sequence: number;
  /** `pages` 0 means every page of the PASID. */
  ranges: { page: number; pages: number }[];
}

/**
 * A device that hangs or vanished did not complete the invalidation, though it may hold translations of the PASID (R26, R62). The
 * transport is reliable; the silence is the device's.
 */
export interface DeviceSilent {
  kind: 'DeviceSilent';
  device: number;
}

/** A PASID, or all of them: a new owner of an IOMMU knows nothing of what the caches hold (D4). */
function checkInvalidatedPasid({ pasid }: InvalidatePages): string | undefined {
  if (pasid === EVERY_PASID || (pasid >= 0 && pasid <= MAX_PASID)) return undefined;
  return `PASID ${pasid}, expected one of 20 bits, or ${EVERY_PASID} for all`;
}

export const invalidateSchema = new Schema<Sender | InvalidatePages | DeviceSilent>({
  name: 'cmd.invalidate',
  versions: {
    1: [
      sender,
      record<InvalidatePages>(
        'InvalidatePages',
        2,
        {
          device: i32,
          pasid: i32,
          mm: u32,
          shard: u16,
          sequence: f64,
          ranges: list(layout<InvalidatePages['ranges'][number]>({ page, pages: u32 })),
        },
        checkInvalidatedPasid,
      ),
      record<DeviceSilent>('DeviceSilent', 3, { device: u32 }),
    ],
  },
});

/** The device is to stop its work for a PASID (R94). Answered when nothing of it is under way; by a device that hangs, never. */
export interface StopPasidRequest {
  kind: 'StopPasidRequest';
  device: number;
  pasid: number;
}

/** Nothing of the PASID is under way in the device, and the log says so. */
export interface PasidStoppedReply {
  kind: 'PasidStoppedReply';
  device: number;
  pasid: number;
}

/** A batch is answered when every device in it has stopped, so a request that may wait for long goes alone. */
export const stopSchema = new Schema<Sender | StopPasidRequest | PasidStoppedReply>({
  name: 'cmd.stop',
  versions: {
    1: [
      sender,
      record<StopPasidRequest>('StopPasidRequest', 2, { device: u32, pasid }),
      record<PasidStoppedReply>('PasidStoppedReply', 3, { device: u32, pasid }),
    ],
  },
});
