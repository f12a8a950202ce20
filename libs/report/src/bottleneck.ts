import type { HostUse } from '@faultline/contracts';
import { analyseBottleneck, formatCount, formatShare, perSecond, type StageLoad } from '@faultline/stats';
import { mmLocksOf, queueLocksOf } from './machine-locks';

/** Used for so much of the time, a part of the machine has hardly any room for more faults than came. */
const LIMITS_FROM = 0.8;

/**
 * Which part of the modelled machine was in use most, and how many faults it could take at most; undefined where none did anything, or
 * nothing faulted. `activeMicros` is the model time from the first fault to the last.
 */
export function bottleneckLine(use: HostUse, faults: number, activeMicros: number): string | undefined {
  const stages = stagesOf(use, activeMicros);
  if (faults === 0 || activeMicros <= 0 || stages.length === 0) return undefined;
  const throughputPerSecond = perSecond(faults, activeMicros);
  const analysis = analyseBottleneck({ stages, throughputPerSecond });
  const { bottleneck, bounds } = analysis;
  const { utilisation = 0 } = analysis.stages.find(({ name }) => name === bottleneck) ?? {};
  const used = `${bottleneck}, in use ${formatShare(utilisation, 1)} of the time`;
  if (utilisation < LIMITS_FROM) return `busiest: ${used}; nothing of the machine limits the run`;
  return `bottleneck: ${used}; at most ${formatCount(Math.floor(bounds.throughputAtMostPerSecond))} faults/s of model time`;
}

/** What has servers, with the time that they were at work. A server that waits for the lock of an address space does no work meanwhile. */
function stagesOf(use: HostUse, windowMicros: number): StageLoad[] {
  const sum = (of: (worker: HostUse['workers'][number]) => number): number =>
    use.workers.reduce((all, one) => all + of(one), 0);
  const waitedMicros = use.mmLocks.reduce((all, lock) => all + lock.waitedMicros, 0);
  const parts = [
    {
      name: 'servers of the workers',
      servers: sum(({ servers }) => servers),
      busyMicros: sum(({ busyMicros }) => busyMicros) - waitedMicros,
    },
    ...[...queueLocksOf(use), ...mmLocksOf(use)].map(([name, { heldMicros: busyMicros }]) => ({
      ...{ name, servers: 1, busyMicros },
    })),
  ];
  return parts
    .filter(({ servers, busyMicros }) => servers > 0 && busyMicros > 0)
    .map((part) => ({ ...part, windowMicros }));
}
