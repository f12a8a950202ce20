import { expectOrder, LivedRun } from '../kit/lived';
import { BASE_PAGE, type Draft } from '../kit/scenario';

/** Rules that only the whole path can show, each with a laboratory of its own in virtual time. */

const PAGES = 256;
const vmas = [{ pages: PAGES }];
const web = { process: 'process0', mm: 0, pasid: 1 };
const models = ['pri', 'stall'] as const;

const INTERRUPT_MICROS = 400;
const cost = {
  deviceMicros: 5,
  interruptMicros: 10,
  enqueueMicros: 10,
  handlerMicros: { median: 40, p99: 80 },
  storageMicros: { median: 100, p99: 100 },
  responseMicros: 5,
  prefetchMicros: 1,
  source: 'made up',
};

describe('the ring and its reader', () => {
  it.each(models)(
    'R71 R60 (%s) an interrupt for many records: each pass reads all there are, so none waits longer than one interrupt',
    async (model) => {
      const draft: Draft = {
        cost: { ...cost, interruptMicros: INTERRUPT_MICROS },
        iommus: [{ model }],
        processes: [{ vmas }, { vmas }],
        devices: [0, 1].map((mm) => ({ workloads: [{ mm, accesses: 150, outstanding: 8, pages: PAGES }] })),
      };
      const run = await LivedRun.of(draft, []);
      const groups = run.all('GroupQueued');
      const waits = groups.flatMap(({ queuedAtMicros, members }) =>
        members.map(({ writtenAtMicros }) => queuedAtMicros - writtenAtMicros),
      );
      const passes = new Set(groups.map(({ queuedAtMicros }) => queuedAtMicros));
      expect(waits).toHaveLength(run.all(model === 'pri' ? 'PageRequestQueued' : 'StallRecorded').length);
      expect(passes.size).toBeLessThan(waits.length / 2);
      expect(Math.max(...waits)).toBeGreaterThan(INTERRUPT_MICROS / 2);
      expect(Math.max(...waits)).toBeLessThan(INTERRUPT_MICROS * 1.25);
    },
  );

  it('R136 R137 all records are read once, in the order in which the ring took them', async () => {
    const draft: Draft = {
      cost,
      iommus: [{ priQueueEntries: 4 }],
      processes: [{ vmas }, { vmas }],
      devices: [0, 1].map((mm) => ({ workloads: [{ mm, accesses: 150, outstanding: 8, pages: PAGES }] })),
    };
    const run = await LivedRun.of(draft, []);
    const name = ({ segmentEpoch, request }: { segmentEpoch: number; request: number }): string =>
      `${segmentEpoch}/${request}`;
    const read = [...run.all('GroupQueued')].sort((one, other) => one.group - other.group);
    expect(read.flatMap(({ members }) => members.map(name))).toEqual(run.all('PageRequestQueued').map(name));
    expect(run.all('RingOverflowSet')).not.toEqual([]);
  });
});

describe('back-pressure', () => {
  /** Hardly any memory, hardly any room in the rings, one server for two devices that never let up. */
  const scarce: Draft = {
    cost,
    framesPerShard: 6,
    workers: { processes: 1, servers: 1, groupsPerMessage: 1 },
    processes: [{ vmas }, { vmas }],
    devices: [0, 1].map((mm) => ({
      credits: 64,
      atcEntries: 4,
      workloads: [
        { mm, accesses: 200, outstanding: 24, pages: PAGES, mix: { read: 20, write: 80, execute: 0 } },
      ],
    })),
  };

  it.each(models)(
    'R141 (%s) handlers wait for invalidations while the rings are full and every device waits for handlers: nothing stops',
    async (model) => {
      const iommu = { model, priQueueEntries: 4, eventQueueEntries: 4 };
      const run = await LivedRun.of({ ...scarce, iommus: [iommu] }, []);
      expect(run.all('PageRemoved', { cause: 'reclaim' }).length).toBeGreaterThan(100);
      expect(run.all(model === 'pri' ? 'RingOverflowSet' : 'StallDeferred')).not.toEqual([]);
      for (const pasid of [1, 2]) expect(run.endsOf(pasid)).toEqual({ completed: 200 });
    },
  );

  it('R134 R39 R69 what is too much for the event queue is kept, what is too much for the page request ring is lost and asked for again', async () => {
    const small = { priQueueEntries: 4, eventQueueEntries: 4 };
    const stalled = await LivedRun.of({ ...scarce, iommus: [{ model: 'stall', ...small }] }, []);
    const deferred = stalled.all('StallDeferred').map(({ request, round }) => `${request}/${round}`);
    const recorded = stalled
      .all('StallRecorded', { deferred: true })
      .map(({ request, round }) => `${request}/${round}`);
    expect(recorded).toEqual(deferred);
    const asked = await LivedRun.of({ ...scarce, iommus: [{ model: 'pri', ...small }] }, []);
    const lost = asked.all('PageRequestDropped', { cause: 'overflow' });
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.map(({ answered }) => answered)).toEqual(lost.map(() => true));
    // The device takes the answer for a handled fault: it translates again, and mostly misses and asks with the next round.
    const retried = asked.all('AccessRetried').map(({ request }) => request);
    const settled = new Set([...retried, ...asked.all('AccessEnded').map(({ request }) => request)]);
    expect(lost.filter(({ request }) => !settled.has(request))).toEqual([]);
    expect(retried.length).toBeGreaterThan(lost.length / 2);
    expect(Math.max(...asked.all('PageRequestQueued').map(({ round }) => round))).toBeGreaterThan(0);
  });
});

describe('invalidations', () => {
  const busy: Draft = {
    cost: { ...cost, handlerMicros: { median: 4_000, p99: 6_000 } },
    workers: { processes: 1, servers: 2, groupsPerMessage: 1 },
    processes: [{ vmas }],
    devices: [
      {
        workloads: [
          { accesses: 120, outstanding: 8, pages: PAGES, mix: { read: 0, write: 100, execute: 0 } },
        ],
      },
    ],
  };
  const unmap = { action: 'unmap', ...web, startPage: BASE_PAGE, pages: PAGES / 2 } as const;

  it.each(models)(
    'R123 (%s) they do not wait for page requests: faults stay open all the while',
    async (model) => {
      const run = await LivedRun.of({ ...busy, iommus: [{ model }] }, [
        { after: { accesses: 60 }, do: unmap },
      ]);
      const removed = run.all('PageRemoved', { cause: 'unmap' });
      const [first, last] = [removed[0], run.all('FrameFreed').at(-1)];
      if (!first || !last) throw new Error('nothing was unmapped');
      expect(run.all('FrameFreed')).toHaveLength(removed.length);
      const ends = new Map(run.all('GroupResponded').map((event) => [event.group, event.place]));
      const open = run
        .all('GroupQueued')
        .filter(({ place, group }) => place < first.place && (ends.get(group) ?? 0) > last.place);
      expect(open.length).toBeGreaterThan(2);
    },
  );

  it('R122 a frame that is taken away is free after its invalidation, and in use again only after that', async () => {
    const run = await LivedRun.of({ ...busy, cost, framesPerShard: 16 }, []);
    const freed = run.all('FrameFreed');
    expect(freed.length).toBeGreaterThan(50);
    for (const { frame, place } of freed) {
      const gone = run
        .all('PageRemoved', { frame })
        .filter((event) => event.place < place)
        .at(-1);
      const next = run.all('PageInstalled', { frame }).find((event) => event.place > (gone?.place ?? 0));
      if (!gone) throw new Error(`frame ${frame} is freed, and nobody removed it`);
      if (next) expectOrder(gone, { kind: 'FrameFreed', place }, next);
    }
  });
});

describe('answers', () => {
  it('R34 every stall is acknowledged once, also those of a process that goes and of a device that is reset', async () => {
    const draft: Draft = {
      cost,
      iommus: [{ model: 'stall', eventQueueEntries: 4 }],
      processes: [{ vmas }, { vmas }],
      devices: [0, 1].map((mm) => ({ workloads: [{ mm, accesses: 150, outstanding: 8, pages: PAGES }] })),
    };
    const run = await LivedRun.of(draft, [
      { after: { accesses: 80 }, do: { action: 'exit', ...web } },
      { after: { accesses: 120 }, do: { action: 'reset-device', name: 'device1', device: 1 } },
      { after: { accesses: 160 }, do: { action: 'unbind', ...web } },
    ]);
    const held = run.all('GroupQueued', { model: 'stall' });
    const acknowledged = [...run.all('GroupResponded'), ...run.all('GroupDiscarded')].map(
      ({ group }) => group,
    );
    expect(acknowledged.sort((one, other) => one - other)).toEqual(
      held.map(({ group }) => group).sort((one, other) => one - other),
    );
    expect(run.all('StallEnded', { outcome: 'aborted' }).length).toBeGreaterThan(0);
    expect(run.all('StallEnded', { outcome: 'completed' }).length).toBeGreaterThan(50);
  });

  it('R140 the flush of one process waits for its own faults, and a neighbour with the same queue never notices', async () => {
    const draft: Draft = {
      cost: { ...cost, handlerMicros: { median: 400, p99: 500 } },
      processes: [{ vmas }, { vmas }],
      devices: [0, 1].map((mm) => ({ workloads: [{ mm, accesses: 150, outstanding: 8, pages: PAGES }] })),
    };
    const run = await LivedRun.of(draft, [{ after: { accesses: 60 }, do: { action: 'unbind', ...web } }]);
    const flushed = run.the('TeardownStepped', { step: 'flush' }).place;
    const ends = new Map(run.all('GroupResponded').map((event) => [event.group, event.place]));
    const over = run
      .all('GroupQueued')
      .filter(({ place, group }) => place < flushed && (ends.get(group) ?? 0) > flushed);
    expect(over.map(({ device }) => device)).toEqual(over.map(() => 1));
    expect(over.length).toBeGreaterThan(0);
    expect(run.endsOf(2)).toEqual({ completed: 150 });
  });
});
