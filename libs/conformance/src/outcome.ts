/** The first step of a vector whose result is not the recorded one: what differs, and both sides whole, to be read side by side. */
export interface StepDifference {
  /** Number of the step, from 0; the number of steps for what is checked after the last one. */
  step: number;
  op: string;
  /** Which part of the step differs, as in `hw[0].code`. */
  path: string;
  expected: unknown;
  actual: unknown;
  expectedStep: unknown;
  actualStep: unknown;
}

export type VectorStatus = 'passed' | 'failed';

/** What running one vector gave. */
export interface VectorOutcome {
  id: string;
  family: string;
  title?: string;
  /** Steps that the vector has. */
  steps: number;
  status: VectorStatus;
  /**
   * The recording meets a use of freed memory in the original. Faultline has no freed memory to use: it differs from the
   * original there on purpose, and the note says how. Such vectors are run like all others, and counted apart besides.
   */
  hazard?: true;
  difference?: StepDifference;
  note?: string;
}

/** Outcomes by status; `hazards` are among the others. */
export interface OutcomeCounts {
  passed: number;
  failed: number;
  hazards: number;
}

/** Counts outcomes by their status. */
export function countOutcomes(outcomes: readonly VectorOutcome[]): OutcomeCounts {
  const counts: OutcomeCounts = { passed: 0, failed: 0, hazards: 0 };
  for (const { status, hazard } of outcomes) {
    counts[status] += 1;
    if (hazard) counts.hazards += 1;
  }
  return counts;
}

/** One line for an outcome, and for one that differs the first difference with both sides of its step below. */
export function formatOutcome(outcome: VectorOutcome): string {
  const { id, title, steps, status, difference, note } = outcome;
  const lines = [`${id}: ${status}, ${steps} steps${title === undefined ? '' : ` (${title})`}`];
  if (note !== undefined) lines.push(`  ${note}`);
  if (difference !== undefined) {
    const { step, op, path, expected, actual, expectedStep, actualStep } = difference;
    lines.push(`  step ${step} (${op}) differs in ${path}`);
    lines.push(`    expected ${formatValue(expected)}`, `    actual   ${formatValue(actual)}`);
    lines.push(`  expected step ${formatValue(expectedStep)}`, `  actual step   ${formatValue(actualStep)}`);
  }
  return lines.join('\n');
}

function formatValue(value: unknown): string {
  const replaceBigInt = (_key: string, part: unknown): unknown =>
    typeof part === 'bigint' ? `0x${part.toString(16)}` : part;
  return value === undefined ? 'nothing' : JSON.stringify(value, replaceBigInt);
}
