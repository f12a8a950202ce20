import {
  createMmShard,
  hasReadyRun,
  isDurableMmEvent,
  MmCommandRefused,
  type MmCommand,
  type MmEvent,
  pagesInQuarantine,
  SeededRandom,
} from '@faultline/domain';
import fc from 'fast-check';
import { Findings } from './findings';
import type { DecodedMessage } from './message';
import { PageLedger } from './page-ledger';

type Installed = Extract<MmEvent, { kind: 'PageInstalled' }>;

const RWX = 7;
const SET_UP: MmEvent[] = [
  { kind: 'AddressSpaceCreated', mm: 1 },
  area(0, 100, RWX),
  install(3, 10),
  install(4, 11),
];

function area(start: number, end: number, permissions: number): MmEvent {
  return {
    kind: 'VmaMapped',
    mm: 1,
    start,
    end,
    permissions,
    backing: 'anonymous',
    file: 0,
    filePage: 0,
  };
}

function install(page: number, frame: number, more: Partial<Installed> = {}): Installed {
  const cause = 'zero-fill';
  return {
    kind: 'PageInstalled',
    mm: 1,
    page,
    frame,
    permissions: RWX,
    cause,
    major: false,
    prefetched: false,
    ...more,
  };
}

const restrict = (page: number, frame: number, permissions: number): MmEvent => ({
  kind: 'PageRestricted',
  mm: 1,
  page,
  frame,
  permissions,
});
const protect = (start: number, end: number, permissions: number): MmEvent => ({
  kind: 'VmaProtected',
  mm: 1,
  start,
  end,
  permissions,
});
const leave = (page: number, frame: number, cause: 'migrate' | 'unmap' = 'migrate'): MmEvent => ({
  kind: 'PageRemoved',
  mm: 1,
  page,
  frame,
  cause,
  swapped: false,
});
const invalidated = (page: number, frame: number): MmEvent => ({
  kind: 'PageInvalidated',
  mm: 1,
  page,
  frame,
});
const freed = (page: number, frame: number): MmEvent => ({ kind: 'FrameFreed', mm: 1, page, frame });
const arrive = (page: number, frame: number, permissions = RWX): MmEvent =>
  install(page, frame, { cause: 'migrate', permissions });

/** What the ledger says about these events after the set-up, as `invariant name: sentence`. */
function violations(...events: MmEvent[]): string[] {
  const findings = new Findings(20);
  const ledger = new PageLedger(findings);
  [...SET_UP, ...events].forEach((event, place) => ledger.observe(messageOf([event], place + 1)));
  return findings
    .reports()
    .flatMap(({ invariant, violations: found }) =>
      found.map(({ identity, sentence }) => `${invariant} ${identity}: ${sentence}`),
    );
}

function messageOf(events: readonly MmEvent[], sequence: number): DecodedMessage {
  const headers = { schema: 'mm', unit: 'mm.0' } as DecodedMessage['headers'];
  return { sequence, subject: 'lab.log.mm.0', headers, body: new Uint8Array(), events };
}

describe('what is right', () => {
  it.each<[string, MmEvent[]]>([
    ['a restriction before its area', [restrict(3, 10, 1), restrict(4, 11, 5), protect(0, 100, 5)]],
    ['rights that come back', [restrict(3, 10, 1), invalidated(3, 10), install(3, 10, { cause: 'upgrade' })]],
    [
      'a removal under restriction',
      [restrict(3, 10, 1), leave(3, 10, 'unmap'), invalidated(3, 10), freed(3, 10)],
    ],
    ['a page that moves', [leave(3, 10), arrive(3, 12), freed(3, 10), install(5, 10)]],
    [
      'one that moves with fewer rights',
      [restrict(4, 11, 1), leave(3, 10), protect(0, 100, 1), arrive(3, 12, 1), freed(3, 10)],
    ],
    [
      'a page whose area goes on the way',
      [leave(3, 10), { kind: 'VmaUnmapped', mm: 1, start: 3, end: 4 }, freed(3, 10)],
    ],
    [
      'a page that moves through a takeover',
      [leave(3, 10), arrive(3, 12), { kind: 'MmOwnerChanged', shard: 0, epoch: 2 }, freed(3, 10)],
    ],
    ['pages that come along', [install(6, 13), install(7, 14, { prefetched: true })]],
  ])('%s', (_case, events) => {
    expect(violations(...events)).toEqual([]);
  });
});

describe('I6', () => {
  it.each<[string, MmEvent[], string]>([
    [
      'an address space that is created twice',
      [{ kind: 'AddressSpaceCreated', mm: 1 }],
      'mm 1: the address space is created a second time',
    ],
    [
      'an area that loses rights before its pages',
      [restrict(4, 11, 1), protect(0, 100, 1)],
      'mm 1 page 3: its area loses rights, but the page still grants them',
    ],
    [
      'a restriction of nothing',
      [restrict(9, 10, 1)],
      'mm 1 page 9: frame 10 is restricted in it, but the page shows nothing',
    ],
    [
      'a restriction that restricts nothing',
      [restrict(3, 10, RWX)],
      'mm 1 page 3: it is restricted, but grants no less than before',
    ],
    [
      'a restriction that gives',
      [restrict(3, 10, 1), restrict(3, 10, 2)],
      'mm 1 page 3: it is restricted, but grants no less than before',
    ],
    [
      'an entry beyond its protected area',
      [restrict(3, 10, 1), restrict(4, 11, 1), protect(0, 100, 1), install(5, 12)],
      'mm 1 page 5: the page grants rwx-, its area allows r---',
    ],
    [
      'a protection of a dead address space',
      [leave(3, 10, 'unmap'), leave(4, 11, 'unmap'), { kind: 'AddressSpaceExited', mm: 1 }, protect(0, 9, 1)],
      'mm 1: an area is protected, but the address space does not live',
    ],
    [
      'an arrival from nowhere',
      [arrive(9, 12)],
      'mm 1 page 9: it arrives from another frame, but had not left any',
    ],
    [
      'an arrival with more rights',
      [restrict(3, 10, 1), invalidated(3, 10), leave(3, 10), arrive(3, 12, 3), freed(3, 10)],
      'mm 1 page 3: it arrives with rights that it did not have when it left',
    ],
    [
      'a page that left and did not arrive',
      [leave(3, 10), freed(3, 10)],
      'mm 1 page 3: it left for another frame and did not arrive',
    ],
    [
      'an arrival in a frame that is in use',
      [leave(3, 10), arrive(3, 11), freed(3, 10)],
      'frame 11: it is installed at mm 1 page 3, but another page shows it already',
    ],
    [
      'a frame freed under restriction',
      [restrict(3, 10, 1), leave(3, 10, 'unmap'), freed(3, 10)],
      'frame 10: it is freed, but an invalidation of it is still under way',
    ],
    [
      'a completion too many',
      [restrict(3, 10, 1), invalidated(3, 10), invalidated(3, 10)],
      'mm 1 page 3: the invalidation of frame 10 is complete, but none was under way',
    ],
    [
      'swap that nobody asked for',
      [install(6, 13, { cause: 'swap-in', prefetched: true })],
      'mm 1 page 6: it is read back from swap, but no request asked for it',
    ],
    [
      'a page brought along that was there',
      [install(3, 10, { prefetched: true })],
      'mm 1 page 3: it is brought along, but was there',
    ],
  ])('sees %s', (_case, events, expected) => {
    expect(violations(...events)).toEqual([`I6 ${expected}`]);
  });
});

describe('I7', () => {
  it.each<[string, MmEvent[], string]>([
    [
      'rights raised while the old ones are being taken away',
      [restrict(3, 10, 1), install(3, 10, { cause: 'upgrade' })],
      'its permissions are raised before the invalidation of the old ones is complete',
    ],
    [
      'rights that go without an invalidation',
      [install(3, 10, { cause: 'upgrade', permissions: 1 })],
      'its entry is written anew with fewer rights, and nothing invalidates the old',
    ],
    [
      'an arrival under restriction',
      [restrict(3, 10, 1), leave(3, 10), arrive(3, 12, 1), freed(3, 10)],
      'it arrives before the invalidation of its old entry is complete',
    ],
    [
      'an arrival whose old frame stays',
      [leave(3, 10), arrive(3, 12), install(9, 20)],
      'it arrived in another frame, but frame 10, which it left, is not freed with it',
    ],
    [
      'an installation over a page on its way',
      [leave(3, 10), install(3, 12)],
      'it is installed before the invalidation of its old entry is complete',
    ],
  ])('sees %s', (_case, events, expected) => {
    expect(violations(...events).filter((each) => each.startsWith('I7'))).toEqual([
      `I7 mm 1 page 3: ${expected}`,
    ]);
  });
});

/** A shard that does whatever comes: the ledger has nothing to say about its log. */
function randomLog(seed: number): MmEvent[] {
  const random = new SeededRandom(seed);
  const below = (bound: number): number => Math.floor(random.unit() * bound);
  const reclaim = below(2) === 0 ? 'lru' : 'clock';
  const shard = createMmShard({
    shard: 0,
    frames: 1 + below(8),
    reclaim,
    premap: 1 << below(3),
    faultAround: 1 << below(4),
  });
  let state = shard.initial();
  const log: MmEvent[] = [];
  const send = (command: MmCommand): void => {
    try {
      for (const event of shard.decide(state, command, 0)) {
        state = shard.evolve(state, event);
        if (isDurableMmEvent(event)) log.push(event);
      }
    } catch (error) {
      if (!(error instanceof MmCommandRefused)) throw error;
    }
  };
  const kinds = ['anonymous', 'file-shared', 'file-private'] as const;
  for (const mm of [1, 2]) {
    send({ kind: 'CreateAddressSpace', mm });
    send({ kind: 'BindPasid', pasid: mm, mm });
  }
  for (let step = 1; step <= 200; step += 1) {
    const mm = 1 + below(2);
    const start = below(12);
    const range = { mm, start, end: start + 1 + below(6) };
    const permissions = below(3) === 0 ? below(8) : RWX;
    const member = { pasid: mm, generation: 1, page: below(12), permissions: 1 + below(3) };
    const backing = kinds[below(3)] ?? 'anonymous';
    const commands: MmCommand[] = [
      { kind: 'MapVma', ...range, permissions, backing, file: 1, filePage: start },
      { kind: 'UnmapVma', ...range },
      { kind: 'ProtectVma', ...range, permissions },
      { kind: 'MigratePages', ...range },
      { kind: 'ReclaimPages', pages: 1 + below(3) },
      { kind: 'CompleteInvalidation', entries: pagesInQuarantine(state).slice(below(3), 3 + below(4)) },
      { kind: 'HandleRun', run: { run: step, members: [member] } },
    ];
    send(commands[Math.min(below(12), commands.length - 1)] ?? { kind: 'Advance' });
    if (below(2) === 0) while (hasReadyRun(state)) send({ kind: 'Advance' });
  }
  return log;
}

it('has nothing to say about what a shard does', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const log = randomLog(seed);
      const findings = new Findings(3);
      const ledger = new PageLedger(findings);
      log.forEach((event, place) => ledger.observe(messageOf([event], place + 1)));
      expect(findings.reports().flatMap((report) => report.violations)).toEqual([]);
      for (const event of log) seen.add(event.kind === 'PageInstalled' ? event.cause : event.kind);
    }),
  );
  // Otherwise the histories are too tame to say anything.
  for (const kind of ['PageRestricted', 'VmaProtected', 'migrate', 'swap-in', 'upgrade'])
    expect(seen).toContain(kind);
});
