import { pageRequestSchema } from '@faultline/contracts';
import { AccessHistory, isRequestTaken } from '@faultline/domain';
import { IommuLanes, type Numbered, SegmentLanes } from '../../libs/units/src/testkit/inner-parts.testkit';
import { ample, eventsOf, iommusDecide, often } from '../kit/rule-drafts';
import { testRule } from '../kit/rule-test';
import { replacing } from '../kit/sabotage';
import { type Draft, scenarioOf } from '../kit/scenario';
import type { FinishedRun } from '../kit/virtual-run';

/** What devices are told, and what becomes of them when their owner changes (D8, D9, D10). */

const stalling: Draft = { ...ample, iommus: [{ model: 'stall' }] };

/** Memory suffices and every access writes, so the first fault of an access maps its page for good. */
const secondFaults = (run: FinishedRun): string[] =>
  eventsOf(run, 'AccessEnded')
    .filter(({ rounds }) => rounds > 1)
    .map(
      ({ access, rounds }) =>
        `rounds: access ${access} faulted ${rounds} times for a page that was mapped at the first`,
    );

describe('D8 a device is answered when the replica has its mapping', () => {
  testRule('D8', {
    sabotage: 'an answer does not wait for the replica',
    install: iommusDecide(
      () => (decide, _state, command) =>
        decide(command.kind === 'AdmitResult' ? { ...command, positions: [] } : command),
    ),
    noticed: /rounds: access .* faulted \d times for a page that was mapped at the first/,
    seeds: [6, 9],
    trial: () => ({
      scenario: scenarioOf(ample),
      judge: secondFaults,
    }),
  });
});

describe('D9 a new owner of a segment begins with a reset', () => {
  testRule('D9', {
    sabotage: 'unfinished accesses are not issued again',
    install: replacing<AccessHistory, [number, number], boolean>(
      AccessHistory,
      'isOver',
      () =>
        (self, [device, access]) =>
          access < self.end(device),
    ),
    noticed: /audit: I5 .* accesses ended/,
    seeds: [1, 4],
    trial: () => ({ scenario: scenarioOf(ample), takeovers: often('device-emulator', 'killed', 100, 2) }),
  });
  testRule('D9', {
    sabotage: 'answers for the devices of the owner before are taken',
    install: replacing<SegmentLanes, [unknown], void>(
      SegmentLanes,
      'readHardware',
      (original) => (self, how) => {
        self['isKnown'] = true;
        original(self, how);
      },
    ),
    noticed: /rounds: access .* faulted \d/,
    seeds: [33, 227],
    trial: () => ({
      scenario: scenarioOf(ample),
      takeovers: often('device-emulator', 'killed', 100, 4),
      judge: secondFaults,
    }),
  });
});

describe('D10 stalled accesses are numbered, and taken when the log has them', () => {
  type Accept = [segmentEpoch: number, requests: readonly Numbered[]];
  const takeovers = often('iommu', 'killed', 60, 6);
  testRule('D10', {
    sabotage: 'a stall is accepted before the log has it',
    install: replacing<IommuLanes, Accept, Promise<Uint8Array>>(
      IommuLanes,
      'accept',
      (original) => (self, how) => {
        const host = self['host'];
        const { decider } = host['plan'];
        const last = how[1].at(-1);
        const areHeld = how[1].every(({ command }) =>
          decider.decide(host.state, command, 0).some(({ kind }) => kind === 'StallRecorded'),
        );
        const accepted = original(self, how);
        if (!last || !areHeld) return accepted;
        accepted.catch(() => undefined);
        return Promise.resolve(
          pageRequestSchema.encode([self['sender'], { kind: 'RequestsAccepted', upTo: last.request }]),
        );
      },
    ),
    noticed: /run: .*(no end|nothing is left)/,
    seeds: [3, 4],
    trial: () => ({ scenario: scenarioOf(stalling), takeovers }),
  });
  testRule('D10', {
    sabotage: 'numbers that the log has passed are not answered again',
    install: replacing<IommuLanes, Accept, Promise<Uint8Array>>(
      IommuLanes,
      'accept',
      (original) => async (self, how) => {
        const [segmentEpoch, requests] = how;
        const { segment } = self['iommu'];
        const { state } = self['host'];
        const taken = new Set(
          requests
            .map(({ request }) => request)
            .filter((request) => isRequestTaken(state, { segment, segmentEpoch, request })),
        );
        const reply = pageRequestSchema.decode(await original(self, how));
        return pageRequestSchema.encode(
          reply.filter((record) => record.kind !== 'AccessTranslated' || !taken.has(record.request)),
        );
      },
    ),
    noticed: /run: .*(no end|nothing is left)/,
    seeds: [2, 6, 8],
    trial: () => ({
      scenario: scenarioOf({
        ...stalling,
        devices: [{ workloads: [{ accesses: 300, outstanding: 16, pages: 24 }] }],
      }),
      trouble: { loss: 0.1, ackWaitMillis: 2_000 },
      takeovers,
    }),
  });
});
