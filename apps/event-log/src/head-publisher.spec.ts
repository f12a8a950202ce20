import { decodeHead, encodeHead } from '@faultline/audit';
import { HEAD_PREFIX, headKey } from '@faultline/contracts';
import { type KvPort, KvUnavailable, ManualClock, MemoryKv } from '@faultline/hosting';
import { eventually, rejectionOf } from '../../../libs/hosting/src/testkit/eventually.testkit';
import { HeadDiffers, HeadPublisher, type HeadPublisherOptions } from './head-publisher';

/** The hash of a position, as a record of this seed has it. */
const hashOf = (position: number, seed = 0): Uint8Array => new Uint8Array(32).fill(position + seed);

class Bench {
  position = 0;
  readonly heads = new MemoryKv();
  readonly clock = new ManualClock();
  readonly failures: Error[] = [];
  readonly delays: number[] = [];

  publisher(more: Partial<HeadPublisherOptions> = {}): HeadPublisher {
    return new HeadPublisher({
      heads: this.heads,
      clock: this.clock,
      everyMessages: 10,
      hashAt: (position) => Promise.resolve(hashOf(position)),
      position: () => this.position,
      onDelay: (_error, retryMicros) => this.delays.push(retryMicros),
      onFailure: (error) => this.failures.push(error),
      ...more,
    });
  }

  async positions(): Promise<number[]> {
    const entries = await this.heads.entries(HEAD_PREFIX);
    return entries.map(({ value }) => decodeHead(value).position);
  }

  published(count: number): Promise<boolean> {
    return eventually(`${count} heads`, async () => (await this.positions()).length === count);
  }
}

describe('HeadPublisher', () => {
  it('publishes at fixed distances, however the record grows, and at the end', async () => {
    const bench = new Bench();
    const publisher = bench.publisher();
    await publisher.begin();
    for (const position of [3, 9, 11, 12, 35]) {
      bench.position = position;
      publisher.recorded();
    }
    await bench.published(3);
    await publisher.publishLast(0);
    await publisher.publishLast(0);
    expect(await bench.positions()).toEqual([10, 20, 30, 35]);
    expect(decodeHead((await bench.heads.get(headKey(35)))?.value ?? new Uint8Array(0))).toEqual({
      position: 35,
      hash: hashOf(35),
    });
    expect(bench.failures).toEqual([]);
  });

  it('publishes after a crash what was recorded and not published', async () => {
    const bench = new Bench();
    bench.position = 25;
    const dying = bench.publisher({
      hashAt: (at) => (at > 10 ? new Promise(() => undefined) : Promise.resolve(hashOf(at))),
    });
    await dying.begin();
    await bench.published(1);
    await bench.publisher().begin();
    await bench.published(2);
    expect(await bench.positions()).toEqual([10, 20]);
  });

  it('takes a head that is out already for its own, when it is the same', async () => {
    const bench = new Bench();
    const publisher = bench.publisher();
    await publisher.begin();
    await bench.heads.put(headKey(10), encodeHead({ position: 10, hash: hashOf(10) }));
    bench.position = 20;
    publisher.recorded();
    await bench.published(2);
    expect(bench.failures).toEqual([]);
  });

  it('fails when the record is not the one that was published, at its beginning and later', async () => {
    const bench = new Bench();
    bench.position = 10;
    await bench.heads.put(headKey(10), encodeHead({ position: 10, hash: hashOf(10, 1) }));
    await expect(bench.publisher().begin()).rejects.toThrow(new HeadDiffers(10));
    bench.position = 5;
    const publisher = bench.publisher();
    await publisher.begin();
    bench.position = 10;
    publisher.recorded();
    await eventually('the failure', () => bench.failures.length > 0);
    expect(bench.failures).toEqual([new HeadDiffers(10)]);
  });

  it('stops at once while a due head and the last one both wait for the bucket', async () => {
    const bench = new Bench();
    let refused = 0;
    const heads: KvPort = Object.create(bench.heads, {
      put: { value: () => Promise.reject(new KvUnavailable(`refusal ${(refused += 1)}`, 'timeout')) },
    }) as KvPort;
    const publisher = bench.publisher({ heads });
    await publisher.begin();
    bench.position = 10;
    publisher.recorded();
    await eventually('the due head waits', () => bench.delays.length === 1);
    const last = rejectionOf(publisher.publishLast(10_000_000));
    await eventually('the last head waits', () => refused === 2);
    await publisher.stop();
    expect(await last).toBeInstanceOf(KvUnavailable);
    expect(bench.delays).toHaveLength(1);
  });

  it('does not wait before another attempt when it was stopped during one', async () => {
    const bench = new Bench();
    let refuse: ((error: Error) => void) | undefined;
    const heads: KvPort = Object.create(bench.heads, {
      put: { value: () => new Promise((_, reject) => (refuse = reject)) },
    }) as KvPort;
    const publisher = bench.publisher({ heads });
    await publisher.begin();
    bench.position = 10;
    publisher.recorded();
    await eventually('the attempt', () => refuse !== undefined);
    const stopped = publisher.stop();
    refuse?.(new KvUnavailable('k', 'timeout'));
    await stopped;
    expect(bench.delays).toEqual([]);
  });

  it('tries again while the bucket does not answer, and the record goes on', async () => {
    const bench = new Bench();
    let away = 3;
    const heads: KvPort = Object.create(bench.heads, {
      put: {
        value: (...args: Parameters<KvPort['put']>) =>
          away-- > 0 ? Promise.reject(new KvUnavailable('k', 'timeout')) : bench.heads.put(...args),
      },
    }) as KvPort;
    const publisher = bench.publisher({ heads });
    await publisher.begin();
    bench.position = 10;
    publisher.recorded();
    for (const delays of [1, 2, 3]) {
      await eventually('a delay', () => bench.delays.length === delays);
      bench.clock.advance(bench.delays.at(-1) ?? 0);
    }
    await bench.published(1);
    expect(bench.delays).toEqual([250_000, 500_000, 1_000_000]);
    away = Number.POSITIVE_INFINITY;
    bench.position = 15;
    await expect(publisher.publishLast(0)).rejects.toThrow(KvUnavailable);
    bench.position = 20;
    publisher.recorded();
    await eventually('the delay', () => bench.delays.length === 4);
    await publisher.stop();
  });
});
