import { existsSync, readFileSync } from 'node:fs';
import type { RunReport } from '../print/run-report';
import type { RunFolder } from './run-folder';
import { isRunSummary } from './summary-check';

/** What a run said of itself when it ended; undefined for one that was interrupted, and for a file that is no such report. */
export function keptReport(folder: RunFolder): RunReport | undefined {
  if (!existsSync(folder.summary)) return undefined;
  try {
    const kept = JSON.parse(readFileSync(folder.summary, 'utf8')) as Partial<RunReport> | null;
    return isRunSummary(kept?.summary) ? (kept as RunReport) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
