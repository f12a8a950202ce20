import { costProfiles, type ResolvedProcess } from '@faultline/contracts';
import { shardOfPasid } from '@faultline/domain';
import { rejectionOf } from '../../../hosting/src/testkit/eventually.testkit';
import { MmBench, scenarioOf, shardOf } from './mm-bench.testkit';

const READ = 1;
const WRITE = 2;
const PAGES = { mm: 0, pasid: 9, startPage: 0, pages: 10 };

/** Kinds of what the log got since, in order. */
const kindsSince = (bench: MmBench, from: number): string[] => bench.log.slice(from).map(({ kind }) => kind);

/** Starts a verb while IOMMUs hold their answers, and says what the log had when the verb was answered. */
async function heldUntilAnswered(
  bench: MmBench,
  verb: Promise<unknown>,
): Promise<{ before: string[]; at: string[] }> {
  const from = bench.log.length;
  const asked = bench.orders.length;
  bench.answering = false;
  let at: string[] | undefined;
  void verb.then(() => (at = kindsSince(bench, from)));
  await bench.passUntil('an IOMMU is asked', () => bench.orders.length > asked);
  for (let turn = 0; turn < 20; turn += 1) await bench.passUntil('time passes', () => true);
  expect(at).toBeUndefined();
  const before = kindsSince(bench, from);
  bench.answer();
  await bench.until('the verb is answered', verb);
  return { before, at: at ?? [] };
}

describe('what takes something away is answered when its invalidations are complete (R122)', () => {
  it('munmap', async () => {
    const bench = await MmBench.started();
    await bench.handle([1, 2, 5], WRITE);
    const { before, at } = await heldUntilAnswered(bench, bench.ask('mm-handler.unmap', PAGES));
    expect(before).toEqual(['PageRemoved', 'PageRemoved', 'PageRemoved', 'VmaUnmapped']);
    expect(at).toEqual([...before, 'FrameFreed', 'FrameFreed', 'FrameFreed']);
  });

  it('mprotect, which leaves the pages where they are', async () => {
    const bench = await MmBench.started();
    await bench.handle([1], WRITE);
    const { before, at } = await heldUntilAnswered(
      bench,
      bench.ask('mm-handler.protect', { ...PAGES, permissions: READ }),
    );
    expect(before).toEqual(['PageRestricted', 'VmaProtected']);
    expect(at).toEqual([...before, 'PageInvalidated']);
    expect((await bench.handle([1], WRITE)).members).toEqual([
      { resolution: 'invalid', error: 'permission' },
    ]);
  });

  it('migration, and a fault on the page meanwhile waits and succeeds', async () => {
    const bench = await MmBench.started();
    await bench.handle([1], WRITE);
    const verb = bench.ask('mm-handler.migrate', PAGES);
    const held = heldUntilAnswered(bench, verb);
    const [{ at }, reply] = await Promise.all([held, bench.handle([1], WRITE)]);
    expect(at).toEqual(['PageRemoved', 'PageInstalled', 'FrameFreed']);
    expect(reply.members).toEqual([{ resolution: 'spurious', error: 'none' }]);
  });

  it('exit, after which faults are INVALID though the PASID is bound (R101)', async () => {
    const bench = await MmBench.started();
    await bench.handle([1], WRITE);
    const { at } = await heldUntilAnswered(bench, bench.ask('mm-handler.exit', { mm: 0 }));
    expect(at).toEqual(['PageRemoved', 'AddressSpaceExited', 'FrameFreed']);
    expect((await bench.handle([1], WRITE)).members).toEqual([{ resolution: 'invalid', error: 'not-bound' }]);
  });

  it('reclaim by hand', async () => {
    const bench = await MmBench.started();
    await bench.handle([1, 2], WRITE);
    const { at } = await heldUntilAnswered(bench, bench.ask('mm-handler.reclaim', { shard: 0, pages: 1 }));
    expect(at).toEqual(['PageRemoved', 'FrameFreed']);
    expect((await bench.handle([1], WRITE)).members).toEqual([{ resolution: 'major', error: 'none' }]);
  });

  it('what takes nothing away asks nobody', async () => {
    const bench = await MmBench.started();
    await bench.until('unmap', bench.ask('mm-handler.unmap', PAGES));
    await bench.until(
      'protect',
      bench.ask('mm-handler.protect', { ...PAGES, mm: 1, pasid: 10, permissions: 7 }),
    );
    expect(bench.orders).toEqual([]);
  });
});

describe('invalidations', () => {
  it('D3 go to the IOMMUs where a device may translate for the mm, with the position of the removal', async () => {
    const bench = await MmBench.started();
    await bench.handle([1, 2, 5], WRITE);
    await bench.until('unmap', bench.ask('mm-handler.unmap', PAGES));
    const [asked, ...others] = bench.orders;
    expect(others).toEqual([]);
    expect(asked).toMatchObject({
      iommu: 0,
      order: {
        device: -1,
        pasid: 9,
        mm: 0,
        shard: 0,
        ranges: [
          { page: 1, pages: 2 },
          { page: 5, pages: 1 },
        ],
      },
    });
    expect(asked?.order.sequence).toBeGreaterThan(1);
  });

  it('R105 go by every PASID that names the mm: after a replacement to the other device as well', async () => {
    const replaced = { process: 'process0', mm: 0, pasid: 9, name: 'device0', device: 0 };
    const action = { action: 'replace-domain', ...replaced, by: 'process1', byMm: 1 } as const;
    const bench = await MmBench.started(scenarioOf({ timeline: [{ do: action }] }));
    const bound = await bench.until('rebind', bench.ask('mm-handler.rebind', { mm: 1, pasid: 9 }));
    expect(bound).toEqual({ generation: 2, shard: 0 });
    expect((await bench.handle([4], WRITE)).members).toEqual([
      { resolution: 'invalid', error: 'generation' },
    ]);
    await bench.handle([4], WRITE, 9, 2);
    await bench.until('unmap', bench.ask('mm-handler.unmap', { ...PAGES, mm: 1, pasid: 10 }));
    const asked = bench.orders.map(({ iommu, order }) => [order.pasid, iommu]).sort();
    expect(asked).toEqual([
      [10, 0],
      [10, 1],
      [9, 0],
      [9, 1],
    ]);
  });
});

describe('PASIDs', () => {
  it('an unbind ends the faults of the PASID, and names the right mm', async () => {
    const bench = await MmBench.started();
    expect(
      await rejectionOf(bench.until('unbind', bench.ask('mm-handler.unbind', { mm: 1, pasid: 9 }))),
    ).toMatchObject({
      message: 'PASID 9 does not name mm 1',
    });
    await bench.until('unbind', bench.ask('mm-handler.unbind', { mm: 0, pasid: 9 }));
    expect((await bench.handle([1], WRITE)).members).toEqual([{ resolution: 'invalid', error: 'not-bound' }]);
    const again = await bench.until('bind', bench.ask('mm-handler.bind', { mm: 0, pasid: 9 }));
    expect(again.generation).toBe(2);
  });

  it('D7 a PASID of another shard cannot name the mm', async () => {
    const shards = [shardOf({}), shardOf({ shard: 1 })];
    const bench = await MmBench.started(scenarioOf({ shards, processes: [], devices: [] }));
    await expect(bench.ask('mm-handler.bind', { mm: 5, pasid: 9 })).rejects.toThrow('no address space 5');
    const here = shardOfPasid(9, 2);
    const other = [...Array(50).keys()].find((pasid) => shardOfPasid(pasid, 2) !== here) ?? -1;
    const process = { ...scenarioOf().processes[0], mm: 0, pasid: 9, shard: here };
    const split = await MmBench.started(
      scenarioOf({ shards, processes: [process as ResolvedProcess], devices: [] }),
    );
    await expect(split.ask('mm-handler.bind', { mm: 0, pasid: other })).rejects.toThrow(
      `PASID ${other} does not belong to the shard of mm 0`,
    );
  });
});

it('pages that a fault brings along cost their time, after the fault', async () => {
  const cost = { ...costProfiles.none, prefetchMicros: 1000 };
  const bench = await MmBench.started(scenarioOf({ cost, shards: [shardOf({ premap: 4 })] }));
  const { handlingAtMicros, handledAtMicros } = await bench.handle([1], WRITE);
  expect(bench.log.filter(({ kind }) => kind === 'PageInstalled')).toHaveLength(4);
  expect(handledAtMicros - handlingAtMicros).toBeGreaterThanOrEqual(3000);
  const alone = await bench.handle([1], WRITE);
  expect(alone.handledAtMicros - alone.handlingAtMicros).toBeLessThan(3000);
});

describe('a process whose pages are there before it begins', () => {
  const shards = [shardOf({ frames: 10_000 })];
  const vma = { startPage: 1, permissions: 3, backing: 'anonymous', file: 0, filePage: 0 } as const;
  const process: ResolvedProcess = {
    ...{ mm: 5, name: 'large', pasid: 9, shard: 0, starts: 'begin', populate: true },
    vmas: [
      { ...vma, pages: 5_000 },
      { ...vma, startPage: 9_000, pages: 3 },
    ],
  };

  it('is created with them, however many, and asking again brings nothing twice', async () => {
    const bench = await MmBench.started({ ...scenarioOf(), processes: [process], shards });
    const installed = (): number => bench.log.filter(({ kind }) => kind === 'PageInstalled').length;
    expect(installed()).toBe(5_003);
    await bench.until('it is asked again', bench.ask('mm-handler.create', process));
    expect(installed()).toBe(5_003);
    const { members } = await bench.handle([1, 5_000, 9_002], WRITE, process.pasid);
    expect(members.map(({ resolution }) => resolution)).toEqual(Array(3).fill('spurious'));
  });
});
