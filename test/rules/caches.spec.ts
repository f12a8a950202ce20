import { PeerEpoch } from '@faultline/units';
import { Invalidations, Invalidator } from '../../libs/units/src/testkit/inner-parts.testkit';
import { often, scarce } from '../kit/rule-drafts';
import { seedsUpTo, testRule } from '../kit/rule-test';
import { replacing } from '../kit/sabotage';
import { scenarioOf } from '../kit/scenario';

/** What devices and IOMMUs remember of page tables (D3, D4, D11). */

describe('D3 an invalidation carries the position of the removal, which the replica reaches first', () => {
  testRule('D3', {
    sabotage: 'an IOMMU invalidates without waiting for its replica',
    install: replacing<Invalidations, [number, number], Promise<void>>(
      Invalidations,
      'replicaAt',
      () => () => Promise.resolve(),
    ),
    noticed: /watch: .* is served from frame/,
    seeds: seedsUpTo(150),
    trial: () => ({ scenario: scenarioOf(scarce) }),
  });
});

describe('D4 what an owner says counts while there is no newer one', () => {
  testRule('D4', {
    sabotage: 'answers of a deposed owner are taken',
    install: replacing<PeerEpoch, [number], boolean>(PeerEpoch, 'accepts', () => () => true),
    noticed: /watch: .* is served from frame/,
    seeds: seedsUpTo(150),
    trial: () => ({ scenario: scenarioOf(scarce), takeovers: often('iommu', 'frozen', 60, 6) }),
  });
});

describe('D11 a frame is free when nothing can show it any more', () => {
  testRule('D11', {
    sabotage: 'a removal is complete at once',
    install: replacing<Invalidator, [number, { mm: number; page: number; frame: number }[], number], void>(
      Invalidator,
      'invalidate',
      () =>
        (self, [, entries]) => {
          // A shard that is handed over completes nothing more.
          self['complete'](entries).catch(() => undefined);
        },
    ),
    noticed: /watch: .* is served from frame/,
    seeds: [1],
    trial: () => ({ scenario: scenarioOf(scarce) }),
  });
  testRule('D11', {
    sabotage: 'an invalidation waits behind page requests',
    install: replacing<Invalidations, [Parameters<Invalidations['serve']>[0]], Promise<Uint8Array>>(
      Invalidations,
      'serve',
      (original) => async (self, how) => {
        const { host, clock } = { host: self['host'], clock: self['clock'] };
        while (host.state.durable.iopf.groups.size > 0)
          await new Promise<void>((resolve) => clock.after(50, resolve));
        return original(self, how);
      },
    ),
    noticed: /run: .*(no end|nothing is left)/,
    seeds: [1],
    trial: () => ({ scenario: scenarioOf(scarce) }),
  });
});
