import type { ResolvedDevice } from './resolved';

/**
 * Model time that a device may let an access wait until it comes again, the longest of all devices: nothing need end meanwhile. 0 where
 * no device drops accesses.
 */
export function longestRetransmissionMicros({
  devices,
}: {
  devices: readonly Pick<ResolvedDevice, 'retransmission'>[];
}): number {
  return Math.max(0, ...devices.map(({ retransmission }) => retransmission?.mostMicros ?? 0));
}
