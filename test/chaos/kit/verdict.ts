import type { DeviceProgress, IommuProgress, MmProgress, ResolvedScenario } from '@faultline/contracts';
import type { LogMessage } from '@faultline/hosting';
import type { RunSummary } from '@faultline/record';
import { complaintsOf } from '../../kit/audit-log';
import { foldLog } from './fold';

/** What the owners said of themselves when all was drained. */
export type Standing = DeviceProgress & IommuProgress & MmProgress;

/** What came of a laboratory. */
export interface Verdict {
  /** What does not hold, a line each; empty when all is well. */
  complaints: string[];
  summary: RunSummary;
  /** Longest time in which no access was seen to end. */
  longestPauseMillis: number;
}

interface Evidence {
  scenario: ResolvedScenario;
  summary: RunSummary;
  log: readonly LogMessage[];
  standing: Standing;
  /** Messages in the stream of dead letters. */
  deadLetters: number;
  expectedDeadLetters: number;
}

/** Judges a laboratory that has drained: by the audit of its record, by folding its log, and by counting what there is to count. */
export function verdictOf(evidence: Evidence): Omit<Verdict, 'longestPauseMillis'> {
  const { summary, deadLetters, expectedDeadLetters } = evidence;
  const { audit, messages } = summary;
  const complaints = complaintsOf(audit);
  const refuse = (isWrong: boolean, line: string): unknown => isWrong && complaints.push(line);
  refuse(!audit.clean && complaints.length === 0, 'the audit is not clean');
  refuse(
    audit.chain.first !== null,
    `the chain of the record is broken: ${JSON.stringify(audit.chain.first)}`,
  );
  refuse(messages < evidence.log.length, `the record has ${messages} of ${evidence.log.length} messages`);
  refuse(Object.values(audit.pending).some(Boolean), `still pending: ${JSON.stringify(audit.pending)}`);
  refuse(
    deadLetters !== expectedDeadLetters,
    `${deadLetters} dead letters instead of ${expectedDeadLetters}`,
  );
  return { complaints: [...complaints, ...lost(evidence), ...misfolded(evidence)], summary };
}

/** Every access of a workload ends in one of these ways. */
function lost({ summary: { accesses }, scenario }: Evidence): string[] {
  const total = scenario.devices
    .flatMap(({ workloads }) => workloads)
    .reduce((sum, workload) => sum + workload.accesses, 0);
  const ended = Object.values(accesses).reduce((sum, count) => sum + count, 0);
  return ended === total ? [] : [`${ended} of ${total} accesses ended`];
}

/** The log folded again gives what the owners had (I8). */
function misfolded({ log, scenario, standing }: Evidence): string[] {
  const { busy, ...figures } = foldLog(log, scenario);
  const restless = busy.map((unit) => `I8: ${unit} is not idle when its log is folded`);
  const differ = (Object.keys(figures) as (keyof typeof figures)[])
    .filter((figure) => figures[figure] !== standing[figure])
    .map(
      (figure) => `I8: ${figure} is ${figures[figure]} when folded, and ${standing[figure]} at the owners`,
    );
  return [...restless, ...differ];
}
