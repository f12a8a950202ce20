import type { RunReportData } from './report-data';
import { several } from './words';

/** How a run ended. */
export const END_WORDS: Readonly<Record<RunReportData['run']['end'], string>> = {
  finished: 'finished',
  stopped: 'stopped before its end',
  failed: 'failed',
  running: 'interrupted: the log does not have its end',
};

export const UNDRAINED_WORDS = 'not everything under way came to its end before the run was closed';

/** Of so many faults that were sent and are not over. */
export const unsettledWords = (count: number): string =>
  `${several(count, 'fault')} never settled, and so have no latency and are in no percentile`;
