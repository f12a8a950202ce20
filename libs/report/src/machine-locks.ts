import type { HostUse, LockUse } from '@faultline/contracts';

/** A lock of the machine under study, and what people call it. */
export type NamedLock = [name: string, use: LockUse];

/** The locks of the queues, each in the worker whose servers take it. */
export const queueLocksOf = ({ workers }: Pick<HostUse, 'workers'>): NamedLock[] =>
  workers.flatMap(({ instance, queueLocks }) =>
    Object.entries(queueLocks).map(([queue, use]): NamedLock => [
      `lock of queue ${queue} in ${instance}`,
      use,
    ]),
  );

/** The locks of the address spaces. */
export const mmLocksOf = ({ mmLocks }: Pick<HostUse, 'mmLocks'>): NamedLock[] =>
  mmLocks.map(({ mm, ...use }) => [`lock of address space ${mm}`, use]);
