import type { HostUse, LockUse } from '@faultline/contracts';

/**
 * How much of the time the servers of the workers, and the locks that are taken most, were in use: what is busy nearly all the time is
 * what limits a run. Null for what is not modelled, and for a run without a length. `runMicros` is model time.
 */
export function machineFigures(
  { workers, mmLocks }: HostUse,
  runMicros: number,
): Record<'workerShare' | 'queueLockShare' | 'mmLockShare', number | null> {
  const share = (busyMicros: number, servers: number): number | null =>
    runMicros > 0 && servers > 0 ? busyMicros / (servers * runMicros) : null;
  const ofBusiest = (locks: readonly LockUse[]): number | null =>
    locks.length === 0 ? null : share(Math.max(...locks.map(({ heldMicros }) => heldMicros)), 1);
  return {
    workerShare: share(
      workers.reduce((sum, { busyMicros }) => sum + busyMicros, 0),
      workers.reduce((sum, { servers }) => sum + servers, 0),
    ),
    queueLockShare: ofBusiest(workers.flatMap(({ queueLocks }) => Object.values(queueLocks))),
    mmLockShare: ofBusiest(mmLocks),
  };
}
