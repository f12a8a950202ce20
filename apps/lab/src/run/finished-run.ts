import type { ResolvedScenario } from '@faultline/contracts';
import { RunFailed } from '../errors';
import type { RunReport } from '../print/run-report';
import type { RunFolder } from './run-folder';
import type { SessionResult } from './session';
import { isRunSummary } from './summary-check';

/** What a run says of itself when it has ended, for its folder and for people. Throws {@link RunFailed} when nobody could summarise it. */
export function runReport(result: SessionResult, scenario: ResolvedScenario, folder: RunFolder): RunReport {
  const { summary, end, drained, durability, deadLetters, repairedQueues, hostUse } = result;
  if (!isRunSummary(summary))
    throw new RunFailed(
      `the event log's answer is no summary of a run; its own log is ${folder.instanceLog('event-log')}`,
    );
  return {
    run: folder.id,
    scenario: scenario.name,
    profile: scenario.profile,
    timeScale: scenario.timeScale,
    end,
    drained,
    durability,
    deadLetters,
    repairedQueues,
    directory: folder.path,
    ...(hostUse ? { hostUse } : {}),
    summary,
  };
}
