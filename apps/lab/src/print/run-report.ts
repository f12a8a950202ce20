import type { HostUse } from '@faultline/contracts';
import { bottleneckLine } from '@faultline/report';
import type { RunSummary } from '@faultline/record';
import { formatCount, formatMicros, formatRate } from '@faultline/stats';
import { countRows } from './counts';
import { hostUseTable } from './host-use';
import { latencyTable } from './latencies';
import type { Style } from './style';
import { formatTable, indent } from './table';
import { verdictLine, verdictLines } from './verdict';

/** What a run was and how it went, beside what its record says. This is what `summary.json` holds. */
export interface RunReport {
  run: string;
  scenario: string;
  profile: string;
  /** Wall microseconds of one model microsecond. */
  timeScale: number;
  end: 'finished' | 'stopped';
  /** Everything under way when the devices stopped came to its end. */
  drained: boolean;
  /** What an acknowledgement of the log meant in this run. */
  durability: string;
  /** Messages that no service could use. */
  deadLetters: number;
  /** Queues whose consumer on the server had stopped and was made anew. */
  repairedQueues: number;
  directory: string;
  /** Absent for a scenario that charges nothing for the software of the machine under study. */
  hostUse?: HostUse;
  summary: RunSummary;
}

/** The report of a run for a person, in lines of at most `width` characters. `page` is the file that shows it, if there is one. */
export function reportLines(report: RunReport, page: string | null, style: Style, width: number): string[] {
  const { summary, timeScale, hostUse } = report;
  return [
    ...headLines(report, style),
    '',
    ...indent(
      formatTable(
        [{ heading: '' }, { heading: '', align: 'right' }, { heading: '' }],
        countRows(summary).map(({ what, count, detail }) => [
          what,
          count === null ? '' : formatCount(count),
          detail,
        ]),
        width - 2,
      ),
    ),
    '',
    style.strong('wall time'),
    ...indent(latencyTable(summary.latency, 1)),
    ...(timeScale === 1
      ? []
      : [
          '',
          style.strong(`model time (wall time / ${formatCount(timeScale)})`),
          ...indent(latencyTable(summary.latency, timeScale)),
        ]),
    ...(hostUse ? ['', ...indent(machineLines(hostUse, report))] : []),
    '',
    verdictLine(summary.audit, style),
    ...verdictLines(summary.audit, style, width),
    '',
    ...footLines(report, page, style),
  ];
}

/** What the machine under study was used for, in model time. */
function machineLines(use: HostUse, { summary, timeScale }: RunReport): string[] {
  const activeMicros = summary.active.durationMicros / timeScale;
  const bottleneck = bottleneckLine(use, summary.latency.endToEnd.count, activeMicros);
  return [...hostUseTable(use, activeMicros), ...(bottleneck === undefined ? [] : [bottleneck])];
}

function headLines({ run, scenario, profile, end, drained, summary }: RunReport, style: Style): string[] {
  const { durationMicros, faultsPerSecond } = summary.active;
  const settled = summary.latency.endToEnd.count;
  const rate = `${formatCount(settled)} faults in ${formatMicros(durationMicros)}: ${formatRate(faultsPerSecond)}`;
  const lines = [style.strong(`run ${run}: scenario ${scenario}, profile ${profile}, ${end}`), rate];
  if (!drained) lines.push(style.bad('not everything under way came to its end before the run was closed'));
  return lines;
}

function footLines(report: RunReport, page: string | null, style: Style): string[] {
  const { durability, deadLetters, repairedQueues, directory, summary } = report;
  const rows = [
    ['log', `${formatCount(summary.messages)} messages, ${formatCount(summary.bytes)} bytes; ${durability}`],
    ['kept in', directory],
  ];
  if (page !== null) rows.push(['report', page]);
  if (deadLetters > 0)
    rows.push([
      'dead letters',
      style.bad(
        `${formatCount(deadLetters)}: messages no service could use; the services' logs have the reasons`,
      ),
    ]);
  if (repairedQueues > 0)
    rows.push([
      'queues repaired',
      style.bad(
        `${formatCount(repairedQueues)}: the server had stopped to deliver from them; nothing was lost`,
      ),
    ]);
  return formatTable([{ heading: '' }, { heading: '' }], rows);
}
