import { STAGE_NAMES, STAGES } from '@faultline/audit';
import type { RunSummary } from '@faultline/record';
import { formatCount, formatMicros, type LatencySummary } from '@faultline/stats';
import { formatTable } from './table';

/** The percentiles of the end-to-end time and of every stage; `scale` wall microseconds are shown as one. */
export function latencyTable(latency: RunSummary['latency'], scale: number): string[] {
  const rows = [
    ...STAGES.map((stage): [string, LatencySummary] => [STAGE_NAMES[stage], latency[stage]]),
    ['end to end', latency.endToEnd] as const,
  ];
  return formatTable(
    [
      { heading: 'stage' },
      ...['faults', 'p50', 'p90', 'p99', 'p99.9', 'max'].map((heading) => ({
        heading,
        align: 'right' as const,
      })),
    ],
    rows.map(([name, summary]) => [
      name,
      formatCount(summary.count),
      ...figures(summary).map((micros) => (summary.count === 0 ? '-' : formatMicros(micros / scale))),
    ]),
  );
}

function figures(summary: LatencySummary): number[] {
  return [summary.p50Micros, summary.p90Micros, summary.p99Micros, summary.p999Micros, summary.maxMicros];
}
