import { existsSync, readFileSync } from 'node:fs';
import type { RunReportData } from '@faultline/report';
import type { RunFolder } from '../run/run-folder';
import { gatherReport } from './gather';

const FORMAT: RunReportData['format'] = 'faultline-report/2';

/** The numbers of a run's report: those kept beside it, when this version reads them, else gathered from the record again. */
export async function reportDataOf(folder: RunFolder): Promise<RunReportData> {
  return keptData(folder) ?? (await gatherReport(folder, { run: folder.id, options: '' }));
}

function keptData(folder: RunFolder): RunReportData | undefined {
  if (!existsSync(folder.reportData)) return undefined;
  try {
    const kept = JSON.parse(readFileSync(folder.reportData, 'utf8')) as Partial<RunReportData> | null;
    // A report of a run that had no end yet is older than its record may be.
    return kept?.format === FORMAT && kept.run?.end !== 'running' ? (kept as RunReportData) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
