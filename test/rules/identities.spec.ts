import type { RunMember } from '@faultline/domain';
import { resultByGroupId } from '../kit/defects';
import { after, ample, eventsOf, often, PAGES, shardsDecide, slow, vmas, writes } from '../kit/rule-drafts';
import { type RuleTrial, testRule } from '../kit/rule-test';
import { BASE_PAGE, scenarioOf } from '../kit/scenario';

/** What tells one use of a number from the next (D1, D2). */

describe('D1 a result belongs to one group, whatever its group id', () => {
  testRule('D1', {
    sabotage: 'a result answers whatever group has its group id now',
    install: resultByGroupId,
    noticed: /audit: I3 .* but no result is in the log/,
    seeds: [2, 3],
    trial: () => ({ scenario: scenarioOf(ample), takeovers: often('device-emulator', 'killed', 100, 4) }),
  });
});

/** A worker stops with work of a process in its hands, and goes on when another process has the PASID. */
function lateWorker(): RuleTrial {
  const half = PAGES / 2;
  const work = { accesses: 60, outstanding: 8, pages: half, mix: writes, pattern: 'sequential' } as const;
  const scenario = scenarioOf({
    cost: slow,
    workers: { processes: 2, servers: 2, groupsPerMessage: 1 },
    processes: [{ vmas }, { vmas, pasid: 1, starts: 'timeline' }],
    devices: [{ workloads: [work, { ...work, mm: 1, startPage: BASE_PAGE + half }] }],
    timeline: [
      after(20, { action: 'unbind', process: 'process0', mm: 0, pasid: 1 }),
      { do: { action: 'start', process: 'process1', mm: 1, pasid: 1 } },
    ],
  });
  let isFrozen = false;
  return {
    scenario,
    trouble: { loss: 0, ackWaitMillis: 1_000 },
    meanwhile: ({ workers: [worker], accesses, told }) => {
      if (!isFrozen && accesses.count >= 10) worker?.life.freeze();
      isFrozen ||= accesses.count >= 10;
      if (told.length === 2 && accesses.count >= 40) worker?.life.thaw();
    },
    judge: (run) =>
      eventsOf(run, 'PageInstalled')
        .filter(({ mm, page }) => mm === 1 && page < BASE_PAGE + half)
        .map(({ page }) => `pages: page ${page} of mm 1 is there, and none of its accesses asked for it`),
  };
}

describe('D2 a use of a PASID has a generation', () => {
  testRule('D2', {
    sabotage: 'an mm does not look at the generation of what it handles',
    install: shardsDecide(() => (decide, { durable }, command) => {
      if (command.kind !== 'HandleRun') return decide(command);
      const anew = (member: RunMember): RunMember => ({
        ...member,
        generation: durable.pasids.get(member.pasid)?.generation ?? member.generation,
      });
      return decide({ ...command, run: { ...command.run, members: command.run.members.map(anew) } });
    }),
    noticed: /pages: page .* none of its accesses asked for it/,
    seeds: [1],
    trial: lateWorker,
  });
});
