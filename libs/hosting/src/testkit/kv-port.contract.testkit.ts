import { KvConflict, type KvEntry, type KvPort, type Running } from '../ports';
import { bytes, text } from './batches.testkit';
import { eventually, rejectionOf } from './eventually.testkit';

export interface KvHarness {
  kv: KvPort;
  close(): Promise<void>;
}

/** What a watch told, one line each, in order. */
export class Watched {
  readonly told: string[] = [];
  readonly errors: Error[] = [];

  static async of(kv: KvPort, prefix: string): Promise<Watched & { running: Running }> {
    const watched = new Watched();
    const running = await kv.watch({ prefix, ...watched.callbacks() });
    return Object.assign(watched, { running });
  }

  callbacks() {
    return {
      onEntry: ({ key, value }: KvEntry) => void this.told.push(`${key}=${text(value)}`),
      onDeleted: (key: string) => void this.told.push(`${key} deleted`),
      onReady: () => void this.told.push('ready'),
      onError: (error: Error) => void this.errors.push(error),
    };
  }

  async until(line: string): Promise<string[]> {
    await eventually(`'${line}' is told`, () => this.told.includes(line));
    return this.told;
  }
}

/** What every bucket must do; `makeKv` gives a fresh, empty one for each test. */
export function describeKvPort(name: string, makeKv: () => Promise<KvHarness>): void {
  describe(`key-value port: ${name}`, () => {
    let harness: KvHarness;
    beforeEach(async () => {
      harness = await makeKv();
    });
    afterEach(() => harness.close());

    describeWrites(() => harness.kv);
    describeReads(() => harness.kv);
    describeWatch(() => harness.kv);
  });
}

function describeWrites(kv: () => KvPort): void {
  it('numbers the writes of all keys in one order from 1, and keeps the last value of each', async () => {
    expect(await kv().put('a.1', bytes('one'))).toBe(1);
    expect(await kv().put('b', bytes('two'))).toBe(2);
    expect(await kv().put('a.1', bytes('three'))).toBe(3);
    const entry = await kv().get('a.1');
    expect(entry).toMatchObject({ key: 'a.1', revision: 3 });
    expect(text(entry?.value ?? bytes(''))).toBe('three');
  });

  it('takes every byte, and no bytes at all', async () => {
    await kv().put(
      'all',
      Uint8Array.from({ length: 256 }, (_, i) => i),
    );
    await kv().put('none', bytes(''));
    expect([...((await kv().get('all'))?.value ?? [])]).toEqual(Array.from({ length: 256 }, (_, i) => i));
    expect((await kv().get('none'))?.value.length).toBe(0);
  });

  it('writes on condition of the revision, and says so when it is another', async () => {
    const first = await kv().put('lease', bytes('me'), 0);
    const second = await kv().put('lease', bytes('me again'), first);
    const error = await rejectionOf(kv().put('lease', bytes('the other'), first));
    expect(error).toBeInstanceOf(KvConflict);
    expect(error).toMatchObject({ key: 'lease', expectedRevision: first });
    expect(await rejectionOf(kv().put('lease', bytes('new'), 0))).toMatchObject({ expectedRevision: 0 });
    expect(await rejectionOf(kv().put('other', bytes('x'), second))).toBeInstanceOf(KvConflict);
    expect((await kv().get('lease'))?.revision).toBe(second);
  });

  it('lets one of several claim a free key, whether it never was or was deleted', async () => {
    for (let round = 0; round < 3; round++) {
      const claims = ['x', 'y', 'z'].map((who) =>
        kv()
          .put('unit', bytes(who), 0)
          .then(
            () => who,
            (error: unknown) => error,
          ),
      );
      const outcomes = await Promise.all(claims);
      const winners = outcomes.filter((outcome) => typeof outcome === 'string');
      expect(winners.length).toBe(1);
      const losers = outcomes.filter((outcome) => outcome instanceof KvConflict);
      expect(losers.map(({ expectedRevision }) => expectedRevision)).toEqual([0, 0]);
      expect(text((await kv().get('unit'))?.value ?? bytes(''))).toBe(winners[0]);
      await kv().delete('unit');
    }
  });

  it('deletes on condition of the revision, and without', async () => {
    const revision = await kv().put('a', bytes('1'));
    expect(await rejectionOf(kv().delete('a', revision + 1))).toBeInstanceOf(KvConflict);
    expect(await kv().get('a')).toBeDefined();
    await kv().delete('a', revision);
    expect(await kv().get('a')).toBeUndefined();
    await kv().delete('never-was');
    await kv().put('a', bytes('2'));
    await kv().delete('a');
    expect(await kv().entries('')).toEqual([]);
  });

  it.each(['', '.a', 'a.', 'a..b', 'a b', 'a.*', '>', 'ä'])('refuses the key %j', async (key) => {
    for (const call of [kv().get(key), kv().put(key, bytes('')), kv().delete(key)])
      expect(await rejectionOf(call)).toBeInstanceOf(RangeError);
  });
}

function describeReads(kv: () => KvPort): void {
  it('gives nothing for a key that was never written', async () => {
    await kv().put('a.b', bytes('x'));
    expect(await kv().get('a')).toBeUndefined();
    expect(await kv().get('a.b.c')).toBeUndefined();
  });

  it('lists what begins with the prefix, in the order of the writes', async () => {
    expect(await kv().entries('member.')).toEqual([]);
    for (const key of ['member.iommu.b', 'member.mm.a', 'member.iommu.a', 'memberships', 'member.iommu.gone'])
      await kv().put(key, bytes(key));
    await kv().put('member.iommu.b', bytes('again'));
    await kv().delete('member.iommu.gone');
    const listed = async (prefix: string): Promise<string[]> =>
      (await kv().entries(prefix)).map(({ key, value, revision }) => `${revision} ${key}=${text(value)}`);
    expect(await listed('member.iommu.')).toEqual([
      '3 member.iommu.a=member.iommu.a',
      '6 member.iommu.b=again',
    ]);
    expect((await listed('member.')).length).toBe(3);
    expect((await listed('')).length).toBe(4);
  });

  it.each(['member', '.', 'member.*.', '>'])('refuses the prefix %j', async (prefix) => {
    expect(await rejectionOf(kv().entries(prefix))).toBeInstanceOf(RangeError);
    expect(await rejectionOf(kv().watch({ prefix, ...new Watched().callbacks() }))).toBeInstanceOf(
      RangeError,
    );
  });
}

function describeWatch(kv: () => KvPort): void {
  it('tells what is there, then that it is ready, then every change in order', async () => {
    await kv().put('u.1', bytes('old'));
    await kv().put('u.2', bytes('b'));
    await kv().put('other', bytes('x'));
    await kv().put('u.1', bytes('a'));
    const watched = await Watched.of(kv(), 'u.');
    await watched.until('ready');
    await kv().put('u.3', bytes('c'));
    await watched.until('u.3=c');
    await kv().delete('u.2');
    await kv().put('unrelated', bytes('x'));
    await kv().put('u.1', bytes('end'));
    expect(await watched.until('u.1=end')).toEqual([
      'u.2=b',
      'u.1=a',
      'ready',
      'u.3=c',
      'u.2 deleted',
      'u.1=end',
    ]);
    await watched.running.stop();
    expect(watched.errors).toEqual([]);
  });

  it('is ready at once where nothing is, and where only deleted keys are', async () => {
    await kv().put('other', bytes('x'));
    const nothing = await Watched.of(kv(), 'u.');
    expect(await nothing.until('ready')).toEqual(['ready']);
    await kv().put('u.1', bytes('a'));
    await kv().delete('u.1');
    const deleted = await Watched.of(kv(), 'u.');
    expect(await deleted.until('ready')).toEqual(['u.1 deleted', 'ready']);
    await nothing.running.stop();
    await deleted.running.stop();
  });

  it('loses no key while others write: what it told is what is there', async () => {
    const write = async (writer: number): Promise<void> => {
      for (let n = 0; n < 100; n++) await kv().put(`u.${(n * 7 + writer) % 13}`, bytes(`${writer}-${n}`));
    };
    const writing = [write(1), write(2)];
    const watched = await Watched.of(kv(), 'u.');
    await Promise.all(writing);
    await kv().put('u.end', bytes(''));
    await watched.until('u.end=');
    await watched.running.stop();
    expect(watched.told.filter((line) => line === 'ready').length).toBe(1);
    const last = new Map(watched.told.map((line) => [line.split('=')[0], line]));
    last.delete('ready');
    const present = (await kv().entries('u.')).map(({ key, value }) => `${key}=${text(value)}`);
    expect([...last.values()].sort()).toEqual(present.sort());
  });

  it.each(['onEntry', 'onReady', 'onDeleted'] as const)(
    'ends through onError when %s throws, and tells nothing after',
    async (callback) => {
      // What stays is told for sure; what is deleted at once may be overwritten before it is told.
      for (const key of ['u.stays', 'u.1']) await kv().put(key, bytes('a'));
      const watched = new Watched();
      const thrower = (): never => {
        throw new Error('cannot take it');
      };
      const running = await kv().watch({ prefix: 'u.', ...watched.callbacks(), [callback]: thrower });
      await kv().delete('u.1');
      await eventually('the error', () => watched.errors.length > 0);
      const told = watched.told.length;
      const other = await Watched.of(kv(), 'u.');
      await kv().put('u.2', bytes('b'));
      await other.until('u.2=b');
      expect(watched.errors.map((error) => error.message)).toEqual(['cannot take it']);
      expect(watched.told.length).toBe(told);
      await running.stop();
      await other.running.stop();
    },
  );

  it('tells nothing after it was stopped', async () => {
    const stopped = await Watched.of(kv(), 'u.');
    const going = await Watched.of(kv(), 'u.');
    await stopped.until('ready');
    await stopped.running.stop();
    await kv().put('u.1', bytes('a'));
    await going.until('u.1=a');
    expect(stopped.told).toEqual(['ready']);
    await going.running.stop();
  });
}
