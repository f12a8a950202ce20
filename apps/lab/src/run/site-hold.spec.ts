import { decodeSiteClaim, encodeSiteClaim, type SiteClaim } from '@faultline/contracts';
import { type KvPort, KvUnavailable, ManualClock, MemoryKv } from '@faultline/hosting';
import { eventually, rejectionOf } from '../../../../libs/hosting/src/testkit/eventually.testkit';
import { SiteBusy, SiteHold, type SiteHoldOptions, SiteLost } from './site-hold';

const SECOND = 1_000_000;

function place() {
  const clock = new ManualClock(SECOND);
  const kv = new MemoryKv();
  const lost: SiteLost[] = [];
  const waits: (SiteClaim | undefined)[] = [];
  const options = (run: string, store: KvPort = kv): SiteHoldOptions => ({
    ...{ kv: store, clock, site: 'bench', run, holder: `holder of ${run}` },
    onWait: (claim) => waits.push(claim),
    onLost: (error) => lost.push(error),
  });
  const claim = async (): Promise<SiteClaim | undefined> => {
    const entry = await kv.get('bench');
    return entry && decodeSiteClaim(entry.value);
  };
  /** Lets time pass until the promise has settled. */
  const settled = async <T>(promise: Promise<T>): Promise<T> => {
    let over = false;
    const done = (): boolean => (over = true);
    promise.then(done, done);
    await eventually('it settled', () => {
      clock.advance(SECOND / 10);
      return over;
    });
    return promise;
  };
  return { clock, kv, lost, waits, options, claim, settled };
}

describe('the hold on a site', () => {
  test('a free site is claimed, told what to serve, and given back', async () => {
    const { options, claim } = place();
    const hold = await SiteHold.take(options('a'));
    expect(await claim()).toMatchObject({ run: 'a', lab: null, since: '1970-01-01T00:00:01.000Z' });
    await hold.serve('run-a');
    expect(await claim()).toMatchObject({ run: 'a', lab: 'run-a' });
    await hold.leave(1_000);
    expect(await claim()).toMatchObject({ run: 'a', lab: null });
    await hold.release();
    expect(await claim()).toBeUndefined();
    await (await SiteHold.take(options('b'))).release();
  });

  test('a living holder keeps the site: the other is told which run and since when', async () => {
    const { options, settled, waits, claim } = place();
    const hold = await SiteHold.take(options('a'));
    const refused = await settled(rejectionOf(SiteHold.take(options('b'))));
    expect(refused).toBeInstanceOf(SiteBusy);
    expect(String(refused)).toContain('site bench is busy with run a since 1970-01-01T00:00:01.000Z');
    expect(waits.map((seen) => seen?.run)).toEqual(['a']);
    expect((await claim())?.run).toBe('a');
    await hold.release();
  });

  test('a claim that stands still for ten seconds is taken over, and not earlier', async () => {
    const { options, settled, kv, clock, claim } = place();
    const dead: SiteClaim = { run: 'dead', lab: 'run-dead', holder: 'x', since: 'long ago', beat: 7 };
    await kv.put('bench', encodeSiteClaim(dead));
    const begun = clock.nowMicros();
    const hold = await settled(SiteHold.take(options('b')));
    expect(clock.nowMicros() - begun).toBeGreaterThanOrEqual(10 * SECOND);
    // The services leave the dead run's laboratory with this.
    expect(await claim()).toMatchObject({ run: 'b', lab: null });
    await hold.release();
  });

  test('two that find a dead claim do not both get the site', async () => {
    const { options, settled, kv } = place();
    await kv.put('bench', Buffer.from('written by nobody known'));
    const results = await settled(
      Promise.allSettled([SiteHold.take(options('b')), SiteHold.take(options('c'))]),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = results.find((result) => result.status === 'rejected');
    expect(refused?.reason).toBeInstanceOf(SiteBusy);
  });

  test('a write that got no answer but was done is recognised as the own one, also when the store is away once more', async () => {
    const { options, settled, kv, claim, lost, clock } = place();
    let deaf = false;
    let away = 0;
    const store: KvPort = {
      ...{ entries: (prefix) => kv.entries(prefix), watch: (o) => kv.watch(o) },
      get: (key) => (away-- > 0 ? Promise.reject(new KvUnavailable(key, 'timeout')) : kv.get(key)),
      delete: (key, revision) => kv.delete(key, revision),
      put: async (key, value, revision) => {
        const written = await kv.put(key, value, revision);
        if (!deaf) return written;
        deaf = false;
        throw new KvUnavailable(key, 'timeout');
      },
    };
    const hold = await SiteHold.take(options('a', store));
    deaf = true;
    away = 2;
    await settled(hold.serve('run-a'));
    expect(away).toBeLessThan(0);
    expect((await claim())?.lab).toBe('run-a');
    clock.advance(5 * SECOND);
    expect(lost).toEqual([]);
    await hold.release();
  });

  test('a holder that was away for too long is told who has the site now, and gives nothing back', async () => {
    const { options, kv, clock, lost, claim } = place();
    const hold = await SiteHold.take(options('slow'));
    await kv.put('bench', encodeSiteClaim({ run: 'b', lab: null, holder: 'y', since: 'now', beat: 0 }));
    await eventually('the loss', () => {
      clock.advance(SECOND);
      return lost.length > 0;
    });
    expect(lost[0]).toBeInstanceOf(SiteLost);
    expect(lost[0]?.message).toContain('site bench was taken from this run by run b');
    await hold.release();
    expect((await claim())?.run).toBe('b');
  });
});
