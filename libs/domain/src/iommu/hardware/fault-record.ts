/** Why a transaction was refused, as the fault queue says it (R49). */
export type FaultReason =
  | 'all-inbound-disallowed'
  | 'transaction-type-disallowed'
  | 'device-entry-load-fault'
  | 'device-entry-corrupt'
  | 'device-entry-not-valid'
  | 'device-entry-misconfigured'
  | 'process-entry-load-fault'
  | 'process-entry-not-valid'
  | 'process-entry-corrupt'
  | 'page-table-corrupt'
  | 'read-access-fault'
  | 'write-access-fault'
  | 'instruction-access-fault'
  | 'read-page-fault'
  | 'write-page-fault'
  | 'instruction-page-fault';

/** What makes an IOMMU unable to use the device entry of a transaction, in the order of the checks (R45). */
export type ConfigurationCause =
  | 'iommu-off'
  | 'bypass'
  | 'device-id-too-wide'
  | 'device-entry-unreadable'
  | 'device-entry-corrupt'
  | 'device-entry-not-valid'
  | 'device-entry-misconfigured';

/** The reason that a record gives for it. */
export const CONFIGURATION_FAULTS: Readonly<Record<ConfigurationCause, FaultReason>> = {
  'iommu-off': 'all-inbound-disallowed',
  bypass: 'transaction-type-disallowed',
  'device-id-too-wide': 'transaction-type-disallowed',
  'device-entry-unreadable': 'device-entry-load-fault',
  'device-entry-corrupt': 'device-entry-corrupt',
  'device-entry-not-valid': 'device-entry-not-valid',
  'device-entry-misconfigured': 'device-entry-misconfigured',
};

/** Kinds of transactions a fault record can be about. */
export type FaultTransaction =
  'message' | 'translation-request' | 'untranslated-read' | 'untranslated-write' | 'untranslated-execute';

/** A record of the fault queue. */
export interface FaultRecord {
  readonly reason: FaultReason;
  readonly transaction: FaultTransaction;
  /** Requester id, with the segment above bit 16. */
  readonly deviceId: number;
  /** `NO_PASID` for none. */
  readonly pasid: number;
  readonly privileged: boolean;
  /** The untranslated address; for a message page 0 and its code as the byte. */
  readonly page: number;
  readonly offset: number;
}

/** The code of the PCIe message "page request". */
export const PAGE_REQUEST_MESSAGE = 4;
