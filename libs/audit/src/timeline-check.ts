import type { FaultInstants, Measured } from './fault-row';
import { STAGES } from './fault-row';
import type { Findings } from './findings';
import { idOf, type OpenFault } from './open-faults';

/**
 * How far an instant may lie before its cause when two processes took them, in microseconds. Clocks of processes on one machine
 * agree to well below a millisecond; those of machines that keep time by NTP to a few.
 */
export const DEFAULT_CLOCK_TOLERANCE_MICROS = 5000;

/** Whose clock an instant is of. The mm counts as several: a group's members may be of several shards (D7). */
type Clock = 'segment' | 'iommu' | 'worker' | 'mm-begin' | 'mm-end';
type Instant = keyof FaultInstants;

interface Step {
  instant: Instant;
  clock: Clock;
}

const PRI_ORDER: readonly Step[] = [
  { instant: 'sentAtMicros', clock: 'segment' },
  { instant: 'writtenAtMicros', clock: 'iommu' },
  { instant: 'queuedAtMicros', clock: 'iommu' },
  { instant: 'startedAtMicros', clock: 'worker' },
  { instant: 'handlingAtMicros', clock: 'mm-begin' },
  { instant: 'handledAtMicros', clock: 'mm-end' },
  { instant: 'respondedAtMicros', clock: 'iommu' },
  { instant: 'receivedAtMicros', clock: 'segment' },
  { instant: 'settledAtMicros', clock: 'segment' },
];
/** The IOMMU ends a stall itself; when the device hears of it is not part of the fault. */
const STALL_ORDER: readonly Step[] = PRI_ORDER.filter(({ instant }) => instant !== 'receivedAtMicros').map(
  ({ instant, clock }) => ({ instant, clock: instant === 'settledAtMicros' ? 'iommu' : clock }),
);

/**
 * I3 for one fault: every instant it has lies at or after the one before, exactly where one process took both, within the
 * tolerance where two did; and its stages add up to the whole.
 */
export function checkTimeline(
  fault: OpenFault,
  measured: Measured,
  toleranceMicros: number,
  findings: Findings,
): void {
  findings.check('I3');
  const { instants, settlement } = fault;
  const order = fault.model === 'pri' ? PRI_ORDER : STALL_ORDER;
  let before: Step | undefined;
  for (const step of order) {
    const atMicros = instants[step.instant];
    if (atMicros === null) continue;
    // A device may vanish at any moment (R104): no answer is the cause of that end.
    if (step.instant === 'settledAtMicros' && settlement === 'removed') continue;
    if (before !== undefined) {
      const beforeMicros = instants[before.instant] ?? 0;
      // Only neighbours of one clock are strict; a takeover may lie between more distant ones.
      const allowed = before.clock === step.clock ? 0 : toleranceMicros;
      if (atMicros < beforeMicros - allowed) {
        const early = (beforeMicros - atMicros).toFixed(1);
        const tolerated = allowed > 0 ? `, more than the ${allowed} µs two clocks may differ` : '';
        const sentence = `'${word(step.instant)}' is ${early} µs before '${word(before.instant)}'${tolerated}`;
        violate(findings, fault, sentence);
      }
    }
    before = step;
  }
  const { stages, totalMicros } = measured;
  if (totalMicros === null) return;
  let sum = 0;
  for (const stage of STAGES) sum += stages[stage] ?? 0;
  if (sum !== totalMicros)
    violate(findings, fault, `its stages add up to ${sum} µs, end to end it took ${totalMicros} µs`);
}

function violate(findings: Findings, fault: OpenFault, sentence: string): void {
  const { settled, responded } = fault.sequences;
  findings.violate('I3', settled ?? responded ?? fault.firstSequence, `fault ${idOf(fault)}`, sentence);
}

const word = (instant: Instant): string => instant.replace('AtMicros', '');
