import type { Round } from '../measure';
import { type PureStage, pureStages } from '../core/pure-machine';
import type { PureFigures } from '../core/pure-path';
import type { LargeFigures } from '../simulator/large';
import type { SimulatorFigures } from '../simulator/simulator';
import type { SoakFigures } from '../soak';
import type { SystemName } from '../support/system';
import { median } from '@faultline/stats';
import { type Cell, cellsOf, costRatio, costRatios, cpuMicrosPerFault, speedRatio } from './cells';
import type { Target } from './targets';

/** One table with its heading, for any printer. */
export interface Section {
  title: string;
  head: string[];
  rows: string[][];
}

const TITLES: Record<SystemName, string> = {
  faultline: '(a) Faultline, record on',
  metered: '(m) Faultline, metrics on',
  traced: '(t) Faultline, 1 % of faults traced',
  nest: '(b) stock Nest transporter',
  skeleton: '(c) empty skeleton',
};

const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const millis = (micros: number): string => (micros / 1000).toFixed(1);
const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export function speedSection(rounds: readonly Round[]): Section {
  const head = [
    'system',
    'outstanding',
    'faults/s',
    'spread',
    'p50 ms',
    'p99 ms',
    'cores busy',
    'CPU us/fault',
  ];
  const rows = cellsOf(rounds).map((cell) => [
    TITLES[cell.system],
    String(cell.outstanding),
    count(cell.faultsPerSecond),
    `${(cell.relativeSpread * 100).toFixed(0)} %`,
    millis(cell.p50Micros),
    millis(cell.p99Micros),
    sum(cell.processes.map(({ coresBusy }) => coresBusy)).toFixed(2),
    cpuMicrosPerFault(cell).toFixed(0),
  ]);
  return { title: 'Speed', head, rows };
}

export function ratioSection(rounds: readonly Round[]): Section {
  const sizes = [...new Set(rounds.map(({ outstanding }) => outstanding))];
  const shown = (ratio: number | undefined): string => ratio?.toFixed(2) ?? '-';
  const rows = sizes.map((outstanding) => [
    String(outstanding),
    shown(speedRatio(rounds, outstanding, 'faultline', 'nest')),
    shown(speedRatio(rounds, outstanding, 'faultline', 'skeleton')),
    shown(costRatio(rounds, outstanding, 'faultline', 'nest')),
    shown(costRatio(rounds, outstanding, 'faultline', 'skeleton')),
  ]);
  const head = ['outstanding', 'a/b faults/s', 'a/c faults/s', 'a/b faults per CPU', 'a/c faults per CPU'];
  return { title: 'Ratios (medians of the ratios of neighbouring rounds)', head, rows };
}

/** What counting and tracing cost: the real services in turns, watched and unwatched. */
export function observationSection(rounds: readonly Round[]): Section {
  const head = ['path', 'outstanding', 'CPU us/fault', 'faults per CPU against (a)', 'least', 'most'];
  const rows = cellsOf(rounds).map((cell) => {
    const ratios = costRatios(rounds, cell.outstanding, cell.system, 'faultline');
    const shown = (ratio: number | undefined): string => ratio?.toFixed(3) ?? '-';
    return [
      TITLES[cell.system],
      String(cell.outstanding),
      cpuMicrosPerFault(cell).toFixed(1),
      shown(ratios.length > 0 ? median(ratios) : undefined),
      shown(Math.min(...ratios)),
      shown(Math.max(...ratios)),
    ];
  });
  return { title: 'Cost of observation', head, rows };
}

export function processSection(rounds: readonly Round[]): Section {
  const head = ['process', 'outstanding', 'cores busy', 'CPU us/fault', 'peak MB'];
  const rowsOf = (cell: Cell): string[][] =>
    cell.processes.map((each) => [
      `${TITLES[cell.system].slice(0, 3)} ${each.name}`,
      String(cell.outstanding),
      each.coresBusy.toFixed(2),
      each.cpuMicrosPerFault.toFixed(1),
      megabytes(each.peakResidentBytes),
    ]);
  return {
    title: 'Processes (the NATS server is one for all systems and rounds)',
    head,
    rows: cellsOf(rounds).flatMap(rowsOf),
  };
}

export function recordSection(rounds: readonly Round[]): Section {
  const head = ['outstanding', 'messages behind at the end', 'seconds until complete', 'audit'];
  const rows = cellsOf(rounds).flatMap(({ outstanding, record, auditClean }) =>
    record
      ? [
          [
            String(outstanding),
            count(record.lagAtEndMessages),
            record.secondsToCatchUp.toFixed(2),
            auditClean ? 'clean' : 'NOT CLEAN',
          ],
        ]
      : [],
  );
  return { title: 'Event log, worst round', head, rows };
}

export function pureSection({ faultsPerSecond, rounds, relativeSpread, outstanding }: PureFigures): Section {
  const rows = [
    [
      '(d) deciders in one process, no I/O',
      String(outstanding),
      count(faultsPerSecond),
      `${(relativeSpread * 100).toFixed(0)} %`,
      String(rounds),
    ],
  ];
  return {
    title: 'Pure core',
    head: ['path', 'outstanding', 'faults/s on one core', 'spread', 'rounds'],
    rows,
  };
}

const STAGES: Record<PureStage, string> = {
  device: 'device: issue, page request, response, end',
  translate: 'IOMMU: two translation requests, the miss and the hit',
  report: 'IOMMU: page request into the ring, out of it, and into a group',
  handle: 'worker and mm: checks, page, result',
  respond: "IOMMU: the mapping into its replica, the result's admission, the response",
};

/** Where the time of the pure path goes. */
export function pureStageSection({ nanosPerFault }: PureFigures): Section {
  const total = sum(pureStages.map((stage) => nanosPerFault[stage]));
  const rows = pureStages.map((stage) => [
    STAGES[stage],
    nanosPerFault[stage].toFixed(0),
    `${((100 * nanosPerFault[stage]) / total).toFixed(0)} %`,
  ]);
  return { title: 'Pure core, by stage', head: ['stage', 'ns/fault', 'share'], rows };
}

/** The simulator beside the pure path of the same run: what is between them is messages, log and audit. */
export function simulatorSection(figures: SimulatorFigures, pure: PureFigures): Section {
  const { faults, messagesPerFault, faultsPerSecond, relativeSpread, peakResidentBytes, rounds } = figures;
  const row = [
    '(e) simulator, topology of the quickstart',
    count(faults),
    messagesPerFault.toFixed(2),
    count(faultsPerSecond),
    `${(relativeSpread * 100).toFixed(0)} %`,
    (faultsPerSecond / pure.faultsPerSecond).toFixed(3),
    megabytes(peakResidentBytes),
    String(rounds),
  ];
  return {
    title: 'Simulator',
    head: [
      'path',
      'faults',
      'messages/fault',
      'faults/s of one core',
      'spread',
      'e/d faults/s',
      'peak MB',
      'rounds',
    ],
    rows: [row],
  };
}

/** One large simulation. Its heap grows in small steps, so that collecting garbage is more of it than of a small one. */
export function largeSection(figures: LargeFigures): Section {
  const { devices, workers, faults, messagesPerFault, seconds, cpuSeconds, peakResidentBytes } = figures;
  return {
    title: 'Simulator, large',
    head: [
      'devices',
      'workers',
      'faults',
      'messages/fault',
      'seconds',
      'us/fault',
      'CPU us/fault',
      'peak MB',
    ],
    rows: [
      [
        ...[count(devices), count(workers), count(faults), messagesPerFault.toFixed(2), seconds.toFixed(0)],
        ...[((seconds * 1e6) / faults).toFixed(1), ((cpuSeconds * 1e6) / faults).toFixed(1)],
        megabytes(peakResidentBytes),
      ],
    ],
  };
}

export function soakSection(runs: readonly SoakFigures[]): Section {
  const head = ['service', 'first half peak MB', 'second half peak MB', 'growth', 'peak MB'];
  const rows = runs.flatMap(({ kind, services, faultsPerSecond }) => [
    [`${kind} (${count(faultsPerSecond)} faults/s)`, '', '', '', ''],
    ...services.map((each) => [
      `  ${each.name}`,
      megabytes(each.firstHalfBytes),
      megabytes(each.secondHalfBytes),
      each.growth.toFixed(2),
      megabytes(each.peakResidentBytes),
    ]),
  ]);
  return { title: 'Memory over a long run', head, rows };
}

export function targetSection(targets: readonly Target[]): Section {
  const rows = targets.map(({ what, wanted, found, reached }) => [
    what,
    wanted,
    found,
    reached ? 'pass' : 'FAIL',
  ]);
  return { title: 'Targets', head: ['target', 'wanted', 'found', ''], rows };
}
