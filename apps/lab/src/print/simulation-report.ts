import type { AuditReport } from '@faultline/audit';
import type { HostUse } from '@faultline/contracts';
import { bottleneckLine } from '@faultline/report';
import type { RunSummary } from '@faultline/record';
import type { SimulationResult } from '@faultline/simulation';
import { formatCount, formatMicros, formatRate } from '@faultline/stats';
import { hostUseTable } from './host-use';
import { latencyTable } from './latencies';
import type { Style } from './style';
import { formatTable, indent } from './table';
import { verdictLine, verdictLines } from './verdict';

/** What a simulation came to, as `--json` has it. Times are model time, but for the wall time it took. */
export interface SimulationReport {
  scenario: string;
  profile: string;
  seed: number;
  faults: number;
  messages: number;
  bytes: number;
  /** SHA-256 over the whole log: the same scenario and seed give the same one. */
  logHash: string;
  modelMicros: number;
  /** From the first fault to the last: what uses of the machine are shares of. */
  activeMicros: number;
  hostUse: HostUse;
  wallMillis: number;
  latency: RunSummary['latency'];
  /** What happened to processes, and the steps of the timeline. */
  told: string[];
  /** Reasons. */
  deadLetters: string[];
  audit: AuditReport;
}

/** The figures of a simulation's result. */
export function summaryOf(
  result: SimulationResult,
): Omit<SimulationReport, 'scenario' | 'profile' | 'seed' | 'told' | 'wallMillis'> {
  const { faults, messages, bytes, logHash, modelMicros, activeMicros, hostUse } = result;
  const { audit, buried, times } = result;
  return {
    ...{ faults, messages, bytes, logHash, modelMicros, activeMicros, hostUse, audit },
    latency: times.summaries(),
    deadLetters: [...buried],
  };
}

/** The report of a simulation for a person, in lines of at most `width` characters. */
export function simulationLines(report: SimulationReport, style: Style, width: number): string[] {
  const { scenario, profile, seed, faults, modelMicros, wallMillis, messages, bytes, logHash } = report;
  const inModel = faults / (modelMicros / 1e6);
  const bottleneck = bottleneckLine(report.hostUse, faults, report.activeMicros);
  return [
    style.strong(`simulation: scenario ${scenario}, profile ${profile}, seed ${seed}`),
    `${formatCount(faults)} faults in ${formatMicros(modelMicros)} of model time: ${formatRate(inModel)}`,
    style.faint(
      `simulated in ${formatMicros(wallMillis * 1_000)} of wall time: ${formatRate(faults / (wallMillis / 1_000))}`,
    ),
    ...(report.told.length > 0 ? ['', style.strong('what happened'), ...indent(report.told)] : []),
    '',
    style.strong('model time'),
    ...indent(latencyTable(report.latency, 1)),
    '',
    ...indent(hostUseTable(report.hostUse, report.activeMicros)),
    ...(bottleneck === undefined ? [] : indent([bottleneck])),
    '',
    verdictLine(report.audit, style),
    ...verdictLines(report.audit, style, width),
    '',
    ...formatTable(
      [{ heading: '' }, { heading: '' }],
      [
        ['log', `${formatCount(messages)} messages, ${formatCount(bytes)} bytes, not kept`],
        ['hash', logHash],
        ...letterRows(report.deadLetters, style),
      ],
    ),
  ];
}

const SHOWN_LETTERS = 5;

function letterRows(letters: readonly string[], style: Style): string[][] {
  const rows = letters.slice(0, SHOWN_LETTERS).map((reason) => ['dead letter', style.bad(reason)]);
  const left = letters.length - rows.length;
  return left > 0 ? [...rows, ['', `and ${formatCount(left)} more`]] : rows;
}
