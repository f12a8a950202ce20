import type { ResolvedStep, StepAction } from '@faultline/contracts';
import { ResponseCode, TEARDOWN_STEPS } from '@faultline/domain';
import { expectOrder, LivedRun } from '../kit/lived';
import { BASE_PAGE, type Draft } from '../kit/scenario';

/** The rules of PASID and domain lifecycle (R91-R106) in a laboratory in virtual time, each with a run of its own. */

const web = { process: 'process0', mm: 0, pasid: 1 };
const next = { process: 'process1', mm: 1, pasid: 2 };
const nic = { name: 'device0', device: 0 };

const PAGES = 512;
const work = { accesses: 240, outstanding: 8, pages: PAGES };
const vmas = [{ pages: PAGES }];
const after = (accesses: number, action: StepAction): ResolvedStep => ({ after: { accesses }, do: action });
const then = (action: StepAction): ResolvedStep => ({ do: action });

/** Faults take a while, so that something is always under way. */
const slow = {
  deviceMicros: 5,
  interruptMicros: 10,
  enqueueMicros: 10,
  handlerMicros: { median: 40, p99: 80 },
  storageMicros: { median: 100, p99: 100 },
  responseMicros: 5,
  prefetchMicros: 1,
  source: 'made up',
};

/** One process, one device that keeps faulting. */
const one: Draft = { cost: slow, processes: [{ vmas }], devices: [{ workloads: [work] }] };
/** Two processes with a device each, behind one IOMMU. */
const two: Draft = {
  cost: slow,
  processes: [{ vmas }, { vmas }],
  devices: [{ workloads: [work] }, { workloads: [{ ...work, mm: 1 }] }],
};
/** Two processes, of which the second comes later, on one device. */
const later = (pasid: number): Draft => ({
  cost: slow,
  processes: [{ vmas }, { vmas, pasid, starts: 'timeline' }],
  devices: [{ workloads: [work, { ...work, mm: 1 }] }],
});

const layers = ['G1', 'G2'] as const;
const layer = (generation: (typeof layers)[number]) => ({
  iopf: { generation, order: 'fifo', quantum: 8, window: 64 } as const,
});

describe('binding', () => {
  it('R91 a process that comes later has its PASID entry last, and faults only after that', async () => {
    const run = await LivedRun.of(later(2), [after(50, { action: 'start', ...next })]);
    expectOrder(
      run.the('DeviceAttached'),
      run.the('AddressSpaceCreated', { mm: 1 }),
      run.the('MmPasidBound', { pasid: 2 }),
      run.the('PasidBound', { pasid: 2 }),
    );
    const [first] = run.all('PageRequestQueued', { pasid: 2 });
    expect(first?.place).toBeGreaterThan(run.the('PasidBound', { pasid: 2 }).place);
    expect(run.endsOf(2)).toEqual({ completed: work.accesses });
  });

  it('R92 devices share an address space, each by a binding of its own: one goes, the other works on', async () => {
    const shared: Draft = { ...one, devices: [{ workloads: [work] }, { workloads: [work] }] };
    const run = await LivedRun.of(shared, [after(50, { action: 'remove-device', ...nic })]);
    expect(run.the('PasidUnbound')).toMatchObject({ device: 0, pasid: 1 });
    expect(run.all('MmPasidUnbound')).toEqual([]);
    expect(run.all('PageRequestQueued', { device: 1 }).at(-1)?.place).toBeGreaterThan(
      run.the('PasidDrained', { device: 0 }).place,
    );
    expect(run.endsOf(1)['completed']).toBeGreaterThan(work.accesses);
  });

  it('R93 a PASID outlives its process, and is free only after its teardown', async () => {
    const run = await LivedRun.of(one, [
      after(50, { action: 'exit', ...web }),
      after(120, { action: 'unbind', ...web }),
    ]);
    expectOrder(
      run.the('AddressSpaceExited'),
      run.the('TeardownBegun'),
      run.the('PasidUnbound'),
      run.the('PasidDrained'),
      run.the('MmPasidUnbound'),
    );
  });
});

describe.each(['pri', 'stall'] as const)('the teardown of a binding (%s)', (model) => {
  const draft: Draft = { ...one, iommus: [{ model }] };
  const unbind = after(50, { action: 'unbind', ...web });

  it('R94 the device stops first: what is under way ends, and nothing more is issued', async () => {
    const run = await LivedRun.of(draft, [unbind]);
    expectOrder(run.the('TeardownBegun'), run.the('PasidStopped'), run.the('PasidUnbound'));
    const last = Math.max(...run.all('AccessEnded').map(({ place }) => place));
    expect(last).toBeLessThanOrEqual(run.the('PasidStopped').place);
    expect(run.endsOf(1)).toEqual({ completed: run.run.laboratory.accesses.all.size });
    expect(run.withdrawn).toBe(work.accesses - run.run.laboratory.accesses.all.size);
    expect(run.withdrawn).toBeGreaterThan(100);
  });

  it('R95 the teardown takes its steps in order, and says so', async () => {
    const run = await LivedRun.of(draft, [unbind]);
    expect(run.all('TeardownStepped').map(({ step, outcome }) => [step, outcome])).toEqual(
      TEARDOWN_STEPS.map((step) => [step, 'done']),
    );
    const [stop, ...others] = run.all('TeardownStepped');
    if (!stop) throw new Error('no step');
    expectOrder(run.the('TeardownBegun'), stop, run.the('PasidUnbound'), ...others, run.the('PasidDrained'));
    expect(run.told).toEqual([
      expect.stringMatching(/unbind process0 \(in order: stop .*, invalidate .*, drain/),
    ]);
  });

  it('R95 an unbind whose device does not answer resets it and ends', async () => {
    const run = await LivedRun.of(draft, [
      after(50, { action: 'hang-device', ...nic }),
      then({ action: 'unbind', ...web }),
    ]);
    expectOrder(
      run.the('DeviceHung'),
      run.the('TeardownStepped', { step: 'stop', outcome: 'expired' }),
      run.the('PasidDrained'),
    );
    expectOrder(run.the('DeviceFenced', { cause: 'stop-timeout' }), run.reset, run.the('DeviceResetSeen'));
    expect(run.told[1]).toMatch(/unbind process0 \(by force: stop expired after 2\.\d+ s, /);
  });

  it('R96 behind the drain there is no record of the PASID, and nobody else’s were waited for', async () => {
    const run = await LivedRun.of({ ...two, iommus: [{ model }] }, [unbind]);
    const drained = run.the('TeardownStepped', { step: 'drain' }).place;
    for (const kind of ['FaultParked', 'GroupHeld', 'GroupQueued'] as const)
      expect(run.all(kind, { device: 0 }).filter(({ place }) => place > drained)).toEqual([]);
    expect(run.all('GroupQueued', { device: 1 }).filter(({ place }) => place > drained)).not.toEqual([]);
    expect(run.endsOf(2)).toEqual({ completed: work.accesses });
  });

  it('R97 behind the flush no group of the PASID is open', async () => {
    const run = await LivedRun.of(draft, [unbind]);
    const flushed = run.the('TeardownStepped', { step: 'flush' }).place;
    expect(run.all('GroupResponded').filter(({ place }) => place > flushed)).toEqual([]);
    expect(run.all('GroupResponded')).toHaveLength(run.all('GroupQueued').length);
  });

  it('R101 a process that exits first leaves its PASID bound; its faults are refused until the unbind', async () => {
    const run = await LivedRun.of(draft, [
      after(100, { action: 'exit', ...web }),
      after(200, { action: 'unbind', ...web }),
    ]);
    expect(run.endsOf(1)['invalid']).toBeGreaterThan(50);
    const gone = run.the('AddressSpaceExited').place;
    expect(run.all('PageInstalled').filter(({ place }) => place > gone)).toEqual([]);
    expect(run.all('TeardownStepped').map(({ outcome }) => outcome)).toEqual(
      TEARDOWN_STEPS.map(() => 'done'),
    );
  });
});

describe('reuse and removal', () => {
  it.each(layers)('R102 [%s] a PASID is reused only after draining', async (generation) => {
    const run = await LivedRun.of({ ...later(1), ...layer(generation) }, [
      after(50, { action: 'unbind', ...web }),
      then({ action: 'start', ...next, pasid: 1 }),
    ]);
    const [first, second] = run.all('MmPasidBound');
    if (!first || !second) throw new Error('two uses of the PASID');
    expectOrder(first, run.the('PasidDrained'), run.the('MmPasidUnbound'), second);
    expect(second.generation).toBe(first.generation + 1);
    expect(run.run.report.invariants.find(({ invariant }) => invariant === 'I9')).toMatchObject({
      status: 'passed',
    });
    const ofSecond = [...run.run.laboratory.accesses.all.values()].filter(
      ({ access }) => access >= work.accesses,
    );
    expect(ofSecond.map(({ ends }) => ends.join())).toEqual(ofSecond.map(() => 'completed'));
    expect(ofSecond).toHaveLength(work.accesses);
  });

  it.each(layers)(
    'R103 [%s] an orderly removal tears all bindings down before the device goes',
    async (generation) => {
      const busy: Draft = { ...two, devices: [{ workloads: [work, { ...work, mm: 1 }] }] };
      const run = await LivedRun.of({ ...busy, ...layer(generation) }, [
        after(100, { action: 'remove-device', ...nic }),
      ]);
      const detached = run.the('DeviceDetached');
      for (const pasid of [1, 2]) expectOrder(run.the('PasidDrained', { pasid }), detached);
      expect(run.all('GroupDiscarded')).toEqual([]);
      expect(run.told).toEqual([expect.stringMatching(/remove device device0 \(in order\)/)]);
    },
  );

  it.each(layers)(
    'R104 [%s] surprise removal with faults pending closes every group, and nothing waits for the device',
    async (generation) => {
      const run = await LivedRun.of({ ...two, ...layer(generation) }, [
        after(100, { action: 'surprise-remove', ...nic }),
        then({ action: 'exit', ...web }),
      ]);
      expect(run.the('DeviceRemoved').lost).toBeGreaterThan(0);
      expect(run.endsOf(1)['removed']).toBe(run.the('DeviceRemoved').lost);
      expectOrder(run.the('DeviceRemoved'), run.the('DeviceDetached'));
      // Its pages are free all the same: no invalidation waits for a device that is gone.
      expect(run.the('AddressSpaceExited').place).toBeGreaterThan(run.the('DeviceDetached').place);
      expect(run.endsOf(2)).toEqual({ completed: work.accesses });
    },
  );

  it.each(layers)(
    'R105 [%s] another domain comes first, then the open groups of the old one end INVALID',
    async (generation) => {
      const run = await LivedRun.of({ ...later(1), ...layer(generation), devices: [{ workloads: [work] }] }, [
        after(50, { action: 'replace-domain', ...web, ...nic, by: 'process1', byMm: 1 }),
      ]);
      const replaced = run.the('MmPasidBound', { replaces: true });
      const bound = run.all('PasidBound', { pasid: 1 }).at(-1);
      const answered = run.all('GroupResponded', { cause: 'replaced' });
      if (!bound) throw new Error('no binding');
      expect(bound.mm).toBe(1);
      expect(answered.length).toBeGreaterThan(0);
      expect(answered.map(({ code }) => code)).toEqual(answered.map(() => ResponseCode.INVALID));
      for (const group of answered) expectOrder(replaced, bound, group);
      expect(run.endsOf(1)['completed']).toBeGreaterThan(180);
      expect(run.all('PageInstalled', { mm: 1 }).length).toBeGreaterThan(50);
    },
  );

  it('R106 an unbind of a stalling master ends every stall it holds', async () => {
    const run = await LivedRun.of({ ...two, iommus: [{ model: 'stall' }] }, [
      after(100, { action: 'unbind', ...web }),
    ]);
    const drained = run.the('PasidDrained').place;
    const recorded = run.all('StallRecorded', { device: 0 }).length;
    expect(recorded).toBeGreaterThan(0);
    expect(run.all('StallEnded', { device: 0 }).filter(({ place }) => place > drained)).toEqual([]);
    expect(run.all('StallEnded', { device: 0 }).length).toBeGreaterThan(0);
  });

  it.each(layers)(
    'R89 [%s] without its queue an IOMMU refuses faults at once, and works again with it',
    async (generation) => {
      const run = await LivedRun.of({ ...one, ...layer(generation) }, [
        after(50, { action: 'remove-queue', name: 'iommu0', iommu: 0 }),
        after(150, { action: 'add-queue', name: 'iommu0', iommu: 0 }),
      ]);
      const [freed, back] = [run.the('QueueFreed').place, run.the('QueueAllocated').place];
      const refused = run.all('FaultRefused', { reason: 'no-queue' });
      expect(refused.length).toBeGreaterThan(10);
      expect(refused.filter(({ place }) => place < freed || place > back)).toEqual([]);
      expect(run.all('GroupQueued').filter(({ place }) => place > freed && place < back)).toEqual([]);
      expect(run.all('GroupQueued').filter(({ place }) => place > back)).not.toEqual([]);
    },
  );
});

describe('resets, silence and timeouts', () => {
  it.each(['pri', 'stall'] as const)(
    'R21 a device (%s) that is reset issues its unfinished accesses again, and no late answer meets them (R142)',
    async (model) => {
      const run = await LivedRun.of({ ...one, iommus: [{ model }] }, [
        after(50, { action: 'reset-device', ...nic }),
      ]);
      expectOrder(run.the('DeviceFenced', { cause: 'requested' }), run.reset, run.the('DeviceResetSeen'));
      expect(run.endsOf(1)).toEqual({ completed: work.accesses });
    },
  );

  it('R62 a device that does not complete an invalidation is reset, and the memory is free (D11)', async () => {
    const run = await LivedRun.of(two, [
      after(100, { action: 'hang-device', ...nic }),
      then({ action: 'unmap', ...web, startPage: BASE_PAGE, pages: PAGES / 2 }),
    ]);
    expectOrder(run.the('DeviceHung'), run.the('DeviceFenced', { cause: 'invalidation-timeout' }), run.reset);
    expect(run.all('PageRemoved', { cause: 'unmap' }).length).toBeGreaterThan(5);
    expect(run.all('PageRemoved')).toHaveLength(invalidated(run));
    expect(run.endsOf(1)['completed']).toBeGreaterThan(50);
    expect(run.endsOf(2)).toEqual({ completed: work.accesses });
  });

  it('R100 a teardown under memory pressure ends: it waits for handlers, and they wait for nothing of it', async () => {
    const run = await LivedRun.of({ ...two, framesPerShard: 16 }, [
      after(100, { action: 'unbind', ...web }),
      then({ action: 'exit', ...web }),
    ]);
    expect(run.all('PageRemoved', { cause: 'reclaim' }).length).toBeGreaterThan(0);
    expect(run.all('TeardownStepped').map(({ outcome }) => outcome)).toEqual(
      TEARDOWN_STEPS.map(() => 'done'),
    );
    expect(run.endsOf(2)).toEqual({ completed: work.accesses });
  });

  it('R78 a device without a handler has each fault refused at once', async () => {
    const draft: Draft = {
      ...two,
      devices: [{ hasHandler: false, workloads: [work] }, { workloads: [{ ...work, mm: 1 }] }],
    };
    const run = await LivedRun.of(draft, []);
    expect(run.all('GroupQueued', { device: 0 })).toEqual([]);
    expect(run.all('FaultRefused', { device: 0, reason: 'no-handler' }).length).toBeGreaterThan(0);
    expect(run.endsOf(1)).toEqual({ invalid: work.accesses });
    expect(run.endsOf(2)).toEqual({ completed: work.accesses });
  });

  it('R76 [smmu] Linux behind SMMUv3 serves no page requests: each is answered Failure, and the device’s interface is down', async () => {
    const run = await LivedRun.of({ ...one, iommus: [{ profile: 'smmu' }] }, []);
    expect(run.all('GroupQueued')).toEqual([]);
    expect(run.all('PriInterfaceFailed')).not.toEqual([]);
    expect(Object.keys(run.endsOf(1))).not.toContain('completed');
  });

  it.each(['pri', 'stall'] as const)(
    'a worker that never answers keeps nobody (%s): each group is answered INVALID when its time is over',
    async (model) => {
      const run = await LivedRun.of(
        {
          ...{ iommus: [{ model }], workers: { processes: 0, servers: 1, groupsPerMessage: 1 } },
          ...{
            processes: [{ vmas }],
            devices: [{ responseTimeoutMicros: 3_000_000, workloads: [{ ...work, accesses: 40 }] }],
          },
        },
        [],
      );
      const answered = run.all('GroupResponded');
      expect(answered.map(({ cause, code }) => [cause, code])).toEqual(
        answered.map(() => ['timeout', ResponseCode.INVALID]),
      );
      expect(run.endsOf(1)).toEqual({ invalid: 40 });
      for (const { respondedAtMicros, group } of answered) {
        const queued = run.the('GroupQueued', { group });
        expect(respondedAtMicros - queued.queuedAtMicros).toBeGreaterThanOrEqual(3_000_000);
        expect(respondedAtMicros - queued.queuedAtMicros).toBeLessThan(3_100_000);
      }
    },
  );
});

/** Removals whose invalidation is complete: the frame is free, or others show it still. */
function invalidated(run: LivedRun): number {
  return run.all('PageInvalidated').length + run.all('FrameFreed').length;
}

describe('changes of memory below a running device', () => {
  const range = { ...web, startPage: BASE_PAGE, pages: PAGES / 2 };

  it('R122 unmapped pages are invalidated before the unmap is done, and their accesses end INVALID from then on', async () => {
    const run = await LivedRun.of(one, [after(100, { action: 'unmap', ...range })]);
    const removed = run.all('PageRemoved', { cause: 'unmap' });
    expect(removed.length).toBeGreaterThan(10);
    expect(run.all('PageRemoved')).toHaveLength(invalidated(run));
    expect(run.endsOf(1)['invalid']).toBeGreaterThan(30);
  });

  it('R122 a protection takes rights away from entries in place', async () => {
    const run = await LivedRun.of(one, [after(100, { action: 'protect', ...range, permissions: 1 })]);
    expect(run.all('PageRestricted').length).toBeGreaterThan(5);
    expect(run.endsOf(1)['invalid']).toBeGreaterThan(10);
    expect(run.endsOf(1)['completed']).toBeGreaterThan(100);
  });

  it('R122 migrated pages have other frames, and no access notices', async () => {
    const run = await LivedRun.of(one, [after(100, { action: 'migrate', ...range })]);
    const moved = run.all('PageInstalled', { cause: 'migrate' });
    expect(moved.length).toBeGreaterThan(5);
    for (const { page, frame } of moved)
      expect(run.all('PageRemoved', { page, cause: 'migrate' }).map((old) => old.frame)).not.toContain(frame);
    expect(run.endsOf(1)).toEqual({ completed: work.accesses });
  });

  it('R122 pages that were reclaimed by hand come back with the next fault', async () => {
    const run = await LivedRun.of(one, [after(100, { action: 'reclaim', shard: 0, pages: 50 })]);
    // Pages that were only read show the zero page, which is nobody's to take.
    expect(run.all('PageRemoved', { cause: 'reclaim' }).length).toBeGreaterThan(15);
    expect(run.endsOf(1)).toEqual({ completed: work.accesses });
  });
});
