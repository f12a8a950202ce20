/** Return codes of the I/O page fault layer, as the kernel numbers them: 0, or one of these. */
export const Errno = {
  EIO: -5,
  ENOMEM: -12,
  EBUSY: -16,
  ENODEV: -19,
  EINVAL: -22,
  ENOSPC: -28,
  EOVERFLOW: -75,
  EOPNOTSUPP: -95,
  ETIMEDOUT: -110,
} as const;

/**
 * An allocation that a caller can make fail, to see what the layer does without memory. The names are those of the recorded
 * vectors.
 */
export type Allocation =
  'queue' | 'workqueue' | 'device-param' | 'partial-fault' | 'group' | 'handler-record' | 'pending-record';
