import type { FaultInstants, FaultRow } from './fault-row';
import { STAGES } from './fault-row';
import type { Findings } from './findings';

/**
 * How far an instant may lie before its cause when two processes took them, in microseconds. Clocks of processes on one machine
 * agree to well below a millisecond; those of machines that keep time by NTP to a few.
 */
export const DEFAULT_CLOCK_TOLERANCE_MICROS = 5000;

/** Whose clock an instant is of. The mm counts as several: a group's members may be of several shards (D7). */
type Clock = 'segment' | 'iommu' | 'worker' | 'mm-begin' | 'mm-end';
type Instant = keyof FaultInstants;

const PRI_ORDER: readonly (readonly [Instant, Clock])[] = [
  ['sentAtMicros', 'segment'],
  ['writtenAtMicros', 'iommu'],
  ['queuedAtMicros', 'iommu'],
  ['startedAtMicros', 'worker'],
  ['handlingAtMicros', 'mm-begin'],
  ['handledAtMicros', 'mm-end'],
  ['respondedAtMicros', 'iommu'],
  ['receivedAtMicros', 'segment'],
  ['settledAtMicros', 'segment'],
];
/** The IOMMU ends a stall itself; when the device hears of it is not part of the fault. */
const STALL_ORDER: typeof PRI_ORDER = PRI_ORDER.filter(([instant]) => instant !== 'receivedAtMicros').map(
  ([instant, clock]) => (instant === 'settledAtMicros' ? [instant, 'iommu'] : [instant, clock]),
);

/**
 * I3 for one fault: every instant it has lies at or after the one before, exactly where one process took both, within the
 * tolerance where two did; and its stages add up to the whole.
 */
export function checkTimeline(row: FaultRow, toleranceMicros: number, findings: Findings): void {
  findings.check('I3');
  const sequence = row.sequences.settled ?? row.sequences.responded ?? 0;
  const name = `fault ${row.id}`;
  let before: { instant: Instant; atMicros: number; clock: Clock } | undefined;
  for (const [instant, clock] of row.model === 'pri' ? PRI_ORDER : STALL_ORDER) {
    const atMicros = row.instants[instant];
    if (atMicros === null) continue;
    // A device may vanish at any moment (R104): no answer is the cause of that end.
    if (instant === 'settledAtMicros' && row.settlement === 'removed') continue;
    // Only neighbours of one clock are strict; a takeover may lie between more distant ones.
    const allowed = before?.clock === clock ? 0 : toleranceMicros;
    if (before && atMicros < before.atMicros - allowed) {
      const early = (before.atMicros - atMicros).toFixed(1);
      const tolerated = allowed > 0 ? `, more than the ${allowed} µs two clocks may differ` : '';
      findings.violate(
        'I3',
        sequence,
        name,
        `'${word(instant)}' is ${early} µs before '${word(before.instant)}'${tolerated}`,
      );
    }
    before = { instant, atMicros, clock };
  }
  if (row.totalMicros === null) return;
  const sum = STAGES.reduce((total, stage) => total + (row.stages[stage] ?? 0), 0);
  if (sum !== row.totalMicros)
    findings.violate(
      'I3',
      sequence,
      name,
      `its stages add up to ${sum} µs, end to end it took ${row.totalMicros} µs`,
    );
}

const word = (instant: Instant): string => instant.replace('AtMicros', '');
