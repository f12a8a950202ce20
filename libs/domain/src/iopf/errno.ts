/** Return codes of the I/O page fault layer, as the kernel numbers them: 0, or one of these. */
export const Errno = {
  ENOMEM: -12,
  EBUSY: -16,
  ENODEV: -19,
  EINVAL: -22,
  ENOSPC: -28,
  EOVERFLOW: -75,
  EOPNOTSUPP: -95,
} as const;

/** What can run out while the layer works. The names are those of the recorded vectors. */
export type Allocation =
  | 'queue'
  | 'workqueue'
  | 'device-param'
  | 'partial-fault'
  | 'group'
  | 'handler-record'
  | 'pending-record'
  | 'enqueue'
  | 'mm-data'
  | 'pasid-space'
  | 'bind-handle'
  | 'domain'
  | 'attach';

/**
 * Asked at each allocation that is reached, in the order of the kernel; `true` makes it fail. Where a function takes one, leaving
 * it out means that nothing fails.
 */
export type AllocationCheck = (allocation: Allocation) => boolean;
