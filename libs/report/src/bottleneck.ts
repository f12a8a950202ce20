import type { HostUse } from '@faultline/contracts';
import { analyseBottleneck, formatCount, formatShare, perSecond, type StageLoad } from '@faultline/stats';

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
function stagesOf({ workers, mmLocks }: HostUse, windowMicros: number): StageLoad[] {
  const sum = (of: (worker: HostUse['workers'][number]) => number): number =>
    workers.reduce((all, one) => all + of(one), 0);
  const waitedMicros = mmLocks.reduce((all, lock) => all + lock.waitedMicros, 0);
  const busyMicros = Math.max(0, sum((worker) => worker.busyMicros) - waitedMicros);
  const stages: StageLoad[] = [
    { name: 'servers of the workers', servers: sum(({ servers }) => servers), busyMicros, windowMicros },
  ];
  for (const { instance, queueLocks } of workers)
    for (const [queue, { heldMicros: busyMicros }] of Object.entries(queueLocks))
      stages.push({ name: `lock of queue ${queue} in ${instance}`, servers: 1, busyMicros, windowMicros });
  for (const { mm, heldMicros: busyMicros } of mmLocks)
    stages.push({ name: `lock of address space ${mm}`, servers: 1, busyMicros, windowMicros });
  return stages.filter((stage) => stage.servers > 0 && 'busyMicros' in stage && stage.busyMicros > 0);
}
