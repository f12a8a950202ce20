import { formatCount } from '@faultline/stats';
import type { Replayed } from '@faultline/units';
import type { Style } from './style';
import { formatTable, indent } from './table';

/** A unit after its replay. */
export interface ReplayedUnit extends Omit<Replayed, 'state'> {
  unit: string;
  /** SHA-256 of the state in its canonical text: equal for equal states, on whichever machine. Null where its log cannot be folded. */
  stateHash: string | null;
}

/** What a replay of a run's units has come to. */
export interface ReplayReport {
  run: string;
  /** Sequence of the last message that was folded. */
  at: number;
  identical: boolean;
  units: ReplayedUnit[];
}

/** Digits of a state's hash that are shown: enough to tell two states apart by eye. */
const HASH_DIGITS = 16;

/** Whether replaying a run gave the same states, and to which: a line for each unit, and what is wrong with it. */
export function replayLines(report: ReplayReport, style: Style, width: number): string[] {
  const { run, at, units } = report;
  const table = formatTable(
    [
      { heading: 'unit' },
      { heading: 'messages', align: 'right' },
      { heading: 'snapshots', align: 'right' },
      { heading: `state at ${formatCount(at)}` },
    ],
    units.map((each) => [
      each.unit,
      formatCount(each.messages),
      formatCount(each.snapshots),
      each.stateHash?.slice(0, HASH_DIGITS) ?? 'none',
    ]),
    width - 2,
  );
  return [`run ${run}`, verdictOf(report, style), ...indent(table), ...indent(units.flatMap(complaintsOf))];
}

function verdictOf({ identical, units }: ReplayReport, style: Style): string {
  const messages = formatCount(units.reduce((sum, each) => sum + each.messages, 0));
  const snapshots = formatCount(units.reduce((sum, each) => sum + each.snapshots, 0));
  if (identical)
    return `${style.good('replay passed')}: the same states from the first message on and from every snapshot on the way (messages ${messages}, snapshots ${snapshots})`;
  const wrong = units.filter(({ broken, divergence }) => broken || divergence).length;
  return `${style.bad('replay FAILED')} for ${formatCount(wrong)} of the units`;
}

function complaintsOf({ unit, broken, divergence }: ReplayedUnit): string[] {
  return [
    ...(broken ? [`${unit} cannot be folded at sequence ${broken.sequence}: ${broken.sentence}`] : []),
    ...(divergence ? [`${unit} differs at sequence ${divergence.sequence}: ${divergence.sentence}`] : []),
  ];
}
