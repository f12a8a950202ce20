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

/**
 * `deviates`: the recording shows what the original does after an error of its own (a use after free), and Faultline does
 * something else on purpose; the note says what. Such vectors are run and counted apart, never left out.
 */
export type VectorStatus = 'passed' | 'failed' | 'deviates';

/** What running one vector gave. */
export interface VectorOutcome {
  id: string;
  family: string;
  title?: string;
  /** Steps that the vector has. */
  steps: number;
  status: VectorStatus;
  difference?: StepDifference;
  note?: string;
}

/** Outcomes by status. */
export type OutcomeCounts = Record<VectorStatus, number>;

/** Counts outcomes by their status. */
export function countOutcomes(outcomes: readonly VectorOutcome[]): OutcomeCounts {
  const counts: OutcomeCounts = { passed: 0, failed: 0, deviates: 0 };
  for (const { status } of outcomes) counts[status] += 1;
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
