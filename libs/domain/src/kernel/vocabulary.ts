/** Words and limits that every room shares. Numbers of the wire are the numbers of Linux and PCIe where these have any. */

/** "No PASID" is an address space of its own (R24), so it is a value and not an absence. */
export const NO_PASID = -1;
/** PASIDs have 20 bits (R8). */
export const MAX_PASID = 0xf_ffff;
/** A PRI group index has 9 bits (R8). */
export const MAX_PRG_INDEX = 0x1ff;
/** A stall tag has 16 bits (R32). */
export const MAX_STALL_TAG = 0xffff;
/** A 64-bit address travels as a 52-bit page number, which a JavaScript number holds exactly, and a 12-bit byte offset. */
export const MAX_PAGE = 2 ** 52 - 1;
/** Bytes of the smallest page. */
export const PAGE_BYTES = 4096;

/** Permission bits of a request, a page or a vma; the values of the iommufd user interface (R90). */
export const Permission = { READ: 1, WRITE: 2, EXECUTE: 4, PRIVILEGED: 8 } as const;
/** Any union of {@link Permission} bits. */
export type Permissions = number;
/** The bits a vma or a page table entry can grant. */
export const ACCESS_MASK = Permission.READ | Permission.WRITE | Permission.EXECUTE;

/** Response codes as Linux numbers them (R87). On a PCIe wire FAILURE is 1111b. */
export const ResponseCode = { SUCCESS: 0, INVALID: 1, FAILURE: 2 } as const;
export type ResponseCode = (typeof ResponseCode)[keyof typeof ResponseCode];

/** How the work of a faulting access is held until it is answered (spec section 0.1). */
export type FaultModel = 'pri' | 'stall';

/** Identity of a page request or stalled access, unique in a laboratory (D1). */
export interface RequestIdentity {
  /** Index of the device segment that sent it. */
  segment: number;
  /** Epoch of that segment's owner; a reset or takeover begins a new one (D9). */
  segmentEpoch: number;
  /** Number of the request in that epoch, from 1, without gaps. */
  request: number;
}

/** Identity of a closed group, unique in a laboratory (D1). The group id of the wire (PRG index, stall tag) is reused; this is not. */
export interface GroupIdentity {
  /** Index of the IOMMU that closed the group. */
  iommu: number;
  /** Epoch of that IOMMU's owner. */
  epoch: number;
  /** Number of the group in that epoch, from 1. */
  group: number;
}

/** Formats permission bits as `rwxp` letters, `-` for each absent one. */
export function formatPermissions(permissions: Permissions): string {
  return (
    (permissions & Permission.READ ? 'r' : '-') +
    (permissions & Permission.WRITE ? 'w' : '-') +
    (permissions & Permission.EXECUTE ? 'x' : '-') +
    (permissions & Permission.PRIVILEGED ? 'p' : '-')
  );
}

/** Reads permission letters (`r w x p`, `-` ignored). Returns `undefined` for any other letter. */
export function parsePermissions(letters: string): Permissions | undefined {
  let permissions = 0;
  for (const letter of letters) {
    if (letter === 'r') permissions |= Permission.READ;
    else if (letter === 'w') permissions |= Permission.WRITE;
    else if (letter === 'x') permissions |= Permission.EXECUTE;
    else if (letter === 'p') permissions |= Permission.PRIVILEGED;
    else if (letter !== '-') return undefined;
  }
  return permissions;
}
