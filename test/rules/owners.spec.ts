import { IommuHistory } from '@faultline/contracts';
import { type LogAppend, LogUnavailable, type OutgoingMessage, UnitJournal } from '@faultline/hosting';
import { ample, often } from '../kit/rule-drafts';
import { seedsUpTo, testRule } from '../kit/rule-test';
import { replacing } from '../kit/sabotage';
import { scenarioOf } from '../kit/scenario';
import type { VirtualPorts } from '../kit/virtual-ports';
import type { VirtualWorld } from '../kit/virtual-world';

/** How an owner begins, writes, and learns that it is none any more (D5, D6). */

describe('D5 a cycle is its queue messages and then its hw message, and an owner begins on every subject', () => {
  testRule('D5', {
    sabotage: 'a successor does not adopt queue messages whose hw message is missing',
    install: replacing<IommuHistory, [number], void>(IommuHistory, 'endOlder', () => (self, [epoch]) => {
      const { open } = { open: self['open'] };
      for (const [key, cycle] of open) if (cycle.epoch < epoch) open.delete(key);
    }),
    noticed: /audit: I1 .* was of another group before/,
    seeds: seedsUpTo(20),
    trial: () => ({ scenario: scenarioOf(ample), takeovers: often('iommu', 'killed', 41, 8) }),
  });
  testRule('D5', {
    sabotage: 'a new owner says so on hw alone',
    install: replacing<UnitJournal, [OutgoingMessage, number], Promise<void>>(
      UnitJournal,
      'begin',
      (original) => (self, how) =>
        how[0].subject.includes('.queue.') ? Promise.resolve() : original(self, how),
    ),
    noticed: /run: .*(no end|nothing is left)/,
    seeds: [1, 5, 11],
    trial: () => ({ scenario: scenarioOf(ample), takeovers: often('iommu', 'frozen', 41, 8) }),
  });
});

/** Each tenth append is acknowledged to nobody. */
function lossyLog(ports: VirtualPorts, world: VirtualWorld): VirtualPorts {
  const { log } = ports;
  return {
    ...ports,
    log: {
      append: async (message: LogAppend) => {
        const appended = await log.append(message);
        if (message.headers.unit !== 'lab' && world.happens(0.1)) throw new LogUnavailable(message.subject);
        return appended;
      },
      follow: (options) => log.follow(options),
      last: (subject) => log.last(subject),
      fill: () => log.fill(),
      lastSequence: () => log.lastSequence(),
      trim: (floors) => log.trim(floors),
    },
  };
}

describe('D6 what was not acknowledged is tried again under the same name', () => {
  let tries = 0;
  testRule('D6', {
    sabotage: 'each try is a message of its own, and a refusal means another owner',
    install: replacing<UnitJournal, [LogAppend], Promise<number>>(
      UnitJournal,
      'appendPatiently',
      () =>
        async (self, [message]) => {
          for (;;) {
            try {
              return (await self['log'].append({ ...message, id: `${message.id}.${(tries += 1)}` })).sequence;
            } catch (error) {
              if (!(error instanceof LogUnavailable)) throw error;
            }
          }
        },
    ),
    noticed: /run: Error: (no end|nothing is left)/,
    seeds: [1],
    trial: () => ({ scenario: scenarioOf(ample), through: lossyLog }),
  });
});
