import { sleep } from './support/deadline';
import type { WindowFigures } from './support/closed-loop';
import type { RecordFigures, System, SystemName } from './support/system';
import { type Named, usageOf } from './support/usage';

/** Fresh processes have to be compiled by their engine; the others were long ago, and only have to fill their queues. */
const FRESH_WARM_UP_MILLIS = 4_000;
export const WARM_UP_MILLIS = 1_000;

/** How long the real services warm up, fresh as they are in every round. */
export function warmUpMillisOf({ quick }: { quick: boolean }): number {
  return quick ? WARM_UP_MILLIS : FRESH_WARM_UP_MILLIS;
}

/** What one process did in a window, and the most memory it ever had. */
export interface ProcessFigures {
  name: string;
  /** Processor seconds a second: 1 is one core at work all the time. */
  coresBusy: number;
  cpuMicrosPerFault: number;
  peakResidentBytes: number;
}

/** One round of one system. */
export interface Round {
  system: SystemName;
  outstanding: number;
  figures: WindowFigures;
  processes: ProcessFigures[];
  record?: RecordFigures;
  auditClean?: boolean;
}

/** Brings a system to work, lets it warm up, and counts what it does in a window of time. */
export async function measureRound(
  system: System,
  server: Named,
  outstanding: number,
  windowMillis: number,
): Promise<Round> {
  await system.begin(outstanding);
  const processes = [...system.processes(), server];
  await sleep(system.warmUpMillis);
  const before = usedBy(processes);
  await system.open();
  await sleep(windowMillis);
  const cpuSeconds = usedBy(processes).map((after, place) => after - (before[place] ?? 0));
  const { figures, record } = await system.close();
  const used = processFigures(processes, cpuSeconds, figures);
  const auditClean = await system.audit?.();
  await system.finish();
  return { system: system.name, outstanding, figures, processes: used, record, auditClean };
}

/** Processor seconds that each process has used since it began. */
export function usedBy(processes: readonly Named[]): number[] {
  return processes.map(({ pid }) => usageOf(pid).cpuSeconds);
}

/** Given what each process used in a window. The processes still run, so that their memory can be read. */
export function processFigures(
  processes: readonly Named[],
  cpuSeconds: readonly number[],
  { faults, seconds }: WindowFigures,
): ProcessFigures[] {
  return processes.map(({ name, pid }, place) => {
    const used = cpuSeconds[place] ?? 0;
    return {
      name,
      coresBusy: used / seconds,
      cpuMicrosPerFault: faults > 0 ? (used * 1_000_000) / faults : 0,
      peakResidentBytes: usageOf(pid).peakResidentBytes,
    };
  });
}
