import { sleep } from './support/deadline';
import type { WindowFigures } from './support/closed-loop';
import type { RecordFigures, System, SystemName } from './support/system';
import { type Named, usageOf } from './support/usage';

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
  const before = processes.map(({ pid }) => usageOf(pid).cpuSeconds);
  await system.open();
  await sleep(windowMillis);
  const after = processes.map(({ pid }) => usageOf(pid).cpuSeconds);
  const { figures, record } = await system.close();
  const used = processes.map(({ name, pid }, place): ProcessFigures => {
    const cpuSeconds = (after[place] ?? 0) - (before[place] ?? 0);
    return {
      name,
      coresBusy: cpuSeconds / figures.seconds,
      cpuMicrosPerFault: figures.faults > 0 ? (cpuSeconds * 1_000_000) / figures.faults : 0,
      peakResidentBytes: usageOf(pid).peakResidentBytes,
    };
  });
  const auditClean = await system.audit?.();
  await system.finish();
  return { system: system.name, outstanding, figures, processes: used, record, auditClean };
}
