import { type FaultRow, STAGE_NAMES, STAGES } from '@faultline/audit';
import { formatPermissions, NO_PASID } from '@faultline/domain';
import { formatInstant, formatMicros, formatPage } from '@faultline/stats';
import { bar } from './bar';
import { formatTable, indent } from './table';

/** One thing that happened to a fault. */
export interface TimelineEntry {
  /** Sequence of the message that says so; absent for what only the fault's own instants say. */
  sequence?: number;
  atMicros: number;
  /** What happened: the kind of the event, or what the instant means. */
  what: string;
  /** Who says so: unit and epoch of its owner. */
  who: string;
}

/** Names that a scenario gives to what a fault has numbers for. */
export interface Names {
  device(index: number): string;
  iommu(index: number): string;
}

const LEAST_BAR = 10;
const MOST_BAR = 40;

const right = { align: 'right' as const };
const COLUMNS = [
  { heading: 'when', ...right },
  { heading: 'UTC' },
  { heading: 'seq', ...right },
  { heading: 'what' },
  { heading: 'who' },
  { heading: 'then', ...right },
];

/** What a fault was and how it ended. */
export function faultHead(row: FaultRow, names: Names): string[] {
  const pasid = row.pasid === NO_PASID ? 'no PASID' : `PASID ${row.pasid}`;
  const ended = row.settlement ?? 'not settled';
  const why = row.error && row.error !== 'none' ? ` (${row.error})` : '';
  return [
    `fault ${row.id}: ${names.device(row.device)} behind ${names.iommu(row.iommu)} (${row.model}), ${pasid}, page ${formatPage(row.page)} ${formatPermissions(row.permissions)}`,
    `answer ${row.code}${why}, resolution ${row.resolution ?? 'none'}, access${row.access === null ? '' : ` ${row.access}`} ${ended}, group ${row.group ?? 'none'}, queue ${row.queue ?? 'none'}`,
  ];
}

/** Every event with its time from the first one, the time until the next one, and where that lies in the whole. */
export function timelineTable(entries: readonly TimelineEntry[], width: number): string[] {
  const sorted = [...entries].sort(
    (a, b) => a.atMicros - b.atMicros || (a.sequence ?? 0) - (b.sequence ?? 0),
  );
  const first = sorted[0]?.atMicros ?? 0;
  const whole = (sorted.at(-1)?.atMicros ?? first) - first;
  const next = (place: number): number | undefined => sorted[place + 1]?.atMicros;
  const rows = sorted.map((entry, place) => [
    `+${formatMicros(entry.atMicros - first)}`,
    formatInstant(entry.atMicros).slice(11),
    entry.sequence === undefined ? '' : String(entry.sequence),
    entry.what,
    entry.who,
    next(place) === undefined ? '' : formatMicros((next(place) ?? 0) - entry.atMicros),
  ]);
  const lines = formatTable(COLUMNS, rows, width - LEAST_BAR - 2);
  const longest = Math.max(...lines.map((line) => [...line].length));
  // What the columns leave of the line is the bar's.
  const room = Math.min(MOST_BAR, Math.max(LEAST_BAR, width - longest - 2));
  return lines.map((line, place) => {
    const from = sorted[place - 1]?.atMicros;
    const to = next(place - 1);
    if (from === undefined || to === undefined) return line;
    return `${line.padEnd(longest)}  ${bar((from - first) / whole, (to - first) / whole, room)}`;
  });
}

/** The stages with wall time and model time; they add up to the whole. */
export function stageTable(row: FaultRow, timeScale: number): string[] {
  const total = row.totalMicros;
  const rows = STAGES.flatMap((stage): [string, number][] => {
    const micros = row.stages[stage];
    return micros === null ? [] : [[STAGE_NAMES[stage], micros]];
  });
  if (total !== null) rows.push(['end to end', total]);
  return indent(
    formatTable(
      [{ heading: 'stage' }, { heading: 'wall time', ...right }, { heading: 'model time', ...right }],
      rows.map(([name, micros]) => [name, formatMicros(micros), formatMicros(micros / timeScale)]),
    ),
  );
}
