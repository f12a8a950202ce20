import {
  deadStream,
  headsBucket,
  logStream,
  ownersBucket,
  queueConsumer,
  snapshotBucket,
  subjectsOf,
} from '@faultline/contracts';
import { millis, StorageType, type JetStreamManager } from 'nats';
import { rejectionOf } from '../../hosting/src/testkit/eventually.testkit';
import type { NatsLink } from './connection';
import { StorageUnavailable, StreamConfigConflict } from './errors';
import { blobStream } from './nats-blobs';
import { kvStream } from './nats-kv';
import { jetStreamOf } from './nats-ports';
import { provision, removeLab } from './provision';
import { freshLab, TestServer } from './testkit/server.testkit';

let server: TestServer;
let link: NatsLink;
let jsm: JetStreamManager;
beforeAll(async () => {
  server = await TestServer.start();
  link = await server.link();
  jsm = await jetStreamOf(link);
});
afterAll(async () => {
  await link.close();
  await server.stop();
});

describe('provision', () => {
  it('makes log, dead letters and queues as the design says', async () => {
    const lab = freshLab();
    expect(await provision(jsm, { lab, queues: ['fast'], logMaxBytes: 2 ** 24 })).toEqual({
      logMaxBytes: 2 ** 24,
    });
    const { config } = await jsm.streams.info(logStream(lab));
    expect(config).toMatchObject({
      subjects: [subjectsOf(lab).allLog],
      storage: 'file',
      discard: 'new',
      max_age: 0,
      max_bytes: 2 ** 24,
      allow_direct: true,
    });
    expect(millis(config.duplicate_window)).toBe(120_000);
    expect((await jsm.streams.info(deadStream(lab))).config).toMatchObject({
      discard: 'old',
      subjects: [subjectsOf(lab).allDead],
    });
    const consumer = (await jsm.consumers.info(logStream(lab), queueConsumer('fast'))).config;
    expect(consumer).toMatchObject({
      filter_subject: subjectsOf(lab).queueLogAnyIommu('fast'),
      ack_policy: 'explicit',
      max_deliver: -1,
    });
  });

  it('makes the buckets in the layout of the clients, bounded, with the snapshots as large as there is room', async () => {
    const lab = freshLab();
    await provision(jsm, { lab, queues: [], logMaxBytes: 2 ** 24 });
    for (const bucket of [ownersBucket(lab), headsBucket(lab)])
      expect((await jsm.streams.info(kvStream(bucket))).config).toMatchObject({
        subjects: [`$KV.${bucket}.>`],
        storage: 'file',
        discard: 'new',
        max_msgs_per_subject: 1,
        max_bytes: 16 * 1024 ** 2,
        allow_rollup_hdrs: true,
      });
    const bucket = snapshotBucket(lab);
    expect((await jsm.streams.info(blobStream(bucket))).config).toMatchObject({
      subjects: [`$O.${bucket}.C.>`, `$O.${bucket}.M.>`],
      storage: 'file',
      discard: 'new',
      max_bytes: 512 * 1024 ** 2,
      allow_rollup_hdrs: true,
    });
    await removeLab(jsm, lab);
  });

  it('is safe to repeat, also at the same time, and changes what can be changed', async () => {
    const lab = freshLab();
    const options = { lab, queues: ['a', 'b'], logMaxBytes: 2 ** 24 };
    await Promise.all([provision(jsm, options), provision(jsm, options), provision(jsm, options)]);
    await provision(jsm, { ...options, logMaxBytes: 2 ** 25, ackWaitMillis: 1_234, maxAckPending: 77 });
    expect((await jsm.streams.info(logStream(lab))).config.max_bytes).toBe(2 ** 25);
    const { config } = await jsm.consumers.info(logStream(lab), queueConsumer('b'));
    expect(config.max_ack_pending).toBe(77);
    expect(millis(config.ack_wait ?? 0)).toBe(1_234);
    expect(await provision(jsm, { lab, queues: [] })).toEqual({ logMaxBytes: 2 ** 25 });
  });

  it('refuses a stream that it cannot change in place, and leaves it alone', async () => {
    const lab = freshLab();
    await jsm.streams.add({
      name: logStream(lab),
      subjects: [subjectsOf(lab).allLog],
      storage: StorageType.Memory,
    });
    const error = await rejectionOf(provision(jsm, { lab, queues: [], logMaxBytes: 2 ** 24 }));
    expect(error).toBeInstanceOf(StreamConfigConflict);
    expect(error).toMatchObject({
      differences: [{ field: 'storage', current: 'memory', wanted: 'file', mutable: false }],
    });
    expect((await jsm.streams.info(logStream(lab))).config.discard).toBe('old');
  });

  it('says that there is no room for the log that was asked for, and finds a size by itself', async () => {
    const lab = freshLab();
    const error = await rejectionOf(provision(jsm, { lab, queues: [], logMaxBytes: 2 ** 52 }));
    expect(error).toBeInstanceOf(StorageUnavailable);
    const { logMaxBytes } = await provision(jsm, { lab, queues: [] });
    expect(logMaxBytes).toBeGreaterThanOrEqual(64 * 1024 ** 2);
  });

  it('shares a small server: every part has its place, and the log the largest', async () => {
    const small = await TestServer.start({ maxStoreBytes: 400 * 1024 ** 2 });
    const smallLink = await small.link();
    const manager = await jetStreamOf(smallLink);
    const lab = freshLab();
    const snapshotBytes = async (): Promise<number> =>
      (await manager.streams.info(blobStream(snapshotBucket(lab)))).config.max_bytes / 1024 ** 2;
    expect(await provision(manager, { lab, queues: [] })).toEqual({ logMaxBytes: 256 * 1024 ** 2 });
    expect(await snapshotBytes()).toBe(32);
    expect(await provision(manager, { lab, queues: [] })).toEqual({ logMaxBytes: 256 * 1024 ** 2 });
    expect(await snapshotBytes()).toBe(32);
    await smallLink.close();
    await small.stop();
  });
});
