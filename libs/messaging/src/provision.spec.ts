import {
  deadStream,
  headsBucket,
  logStream,
  ownersBucket,
  queueConsumer,
  snapshotBucket,
  subjectsOf,
} from '@faultline/contracts';
import {
  AckPolicy,
  DeliverPolicy,
  millis,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  type ConsumerConfig,
  type JetStreamManager,
  type StreamConfig,
} from 'nats';
import { rejectionOf } from '../../hosting/src/testkit/eventually.testkit';
import type { NatsLink } from './connection';
import { ReplicasUnavailable, StorageUnavailable, StreamConfigConflict, SubjectsTaken } from './errors';
import { removeLab } from './laboratories';
import { blobStream } from './nats-blobs';
import { kvStream } from './nats-kv';
import { jetStreamOf } from './nats-ports';
import { provision } from './provision';
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

  it.each<[string, Partial<StreamConfig>, string]>([
    [
      'storage',
      { storage: StorageType.Memory },
      'storage is "memory", needed "file": a log in memory is gone with',
    ],
    [
      'retention',
      { retention: RetentionPolicy.Workqueue },
      'retention is "workqueue", needed "limits": the log must',
    ],
    [
      'subjects',
      { subjects: ['other.things'] },
      'subjects is ["other.things"], needed ["LAB.log.>"]: it keeps other',
    ],
    [
      'max_consumers',
      { max_consumers: 3 },
      'max_consumers is 3, needed -1: every reader and every queue needs one',
    ],
    ['deny_purge', { deny_purge: true }, 'deny_purge is true, needed false: it can never be trimmed'],
    ['no_ack', { no_ack: true }, 'no_ack is true, needed false: nobody learns'],
  ])('explains a log whose %s cannot be changed, and leaves it alone', async (field, change, explained) => {
    const lab = freshLab();
    const there = { name: logStream(lab), subjects: [subjectsOf(lab).allLog], ...change };
    const { config } = await jsm.streams.add(there);
    const error = await rejectionOf(provision(jsm, { lab, queues: [], logMaxBytes: 2 ** 24 }));
    expect(error).toBeInstanceOf(StreamConfigConflict);
    const { message, differences } = error as StreamConfigConflict;
    expect(differences.map((difference) => difference.field)).toEqual([field]);
    expect(message.replaceAll(lab, 'LAB')).toContain(explained);
    expect(message).toMatch(
      /: use another laboratory name, or remove the one that has it \(faultline labs remove\)$/,
    );
    expect((await jsm.streams.info(logStream(lab))).config).toEqual(config);
  });

  it.each<[string, Partial<ConsumerConfig>, RegExp]>([
    [
      'ack_policy',
      { ack_policy: AckPolicy.All },
      /ack_policy is "all", needed "explicit": what a dead worker held/,
    ],
    [
      'deliver_policy',
      { deliver_policy: DeliverPolicy.New },
      /deliver_policy is "new", needed "all": what was queued/,
    ],
    [
      'filter_subject',
      { filter_subject: 'LAB.log.mm.*' },
      /filter_subject is .*mm.*: it delivers other messages/,
    ],
    [
      'deliver_subject',
      { deliver_subject: 'somewhere' },
      /deliver_subject is "somewhere".*: it pushes, and workers pull/,
    ],
    [
      'replay_policy',
      { replay_policy: ReplayPolicy.Original },
      /replay_policy is "original", needed "instant"/,
    ],
  ])('explains a queue whose %s cannot be changed, and leaves it alone', async (field, change, explained) => {
    const lab = freshLab();
    await provision(jsm, { lab, queues: ['q'], logMaxBytes: 2 ** 24 });
    const { config } = await jsm.consumers.info(logStream(lab), queueConsumer('q'));
    await jsm.consumers.delete(logStream(lab), queueConsumer('q'));
    const { max_waiting: _waiting, ...others } = config;
    const filter_subject = change.filter_subject?.replace('LAB', lab) ?? others.filter_subject;
    await jsm.consumers.add(logStream(lab), { ...others, ...change, filter_subject });
    const error = await rejectionOf(provision(jsm, { lab, queues: ['q'] }));
    expect(error).toBeInstanceOf(StreamConfigConflict);
    const { message, differences } = error as StreamConfigConflict;
    expect(differences.map((difference) => difference.field)).toEqual([field]);
    expect(message).toMatch(explained);
    expect(message).toMatch(/: delete it; it is made anew and delivers all again, which is safe$/);
  });

  it('says which stream has its subjects already', async () => {
    const lab = freshLab();
    await jsm.streams.add({ name: `ALL-${lab}`, subjects: [`${lab}.log.iommu.>`] });
    const error = await rejectionOf(provision(jsm, { lab, queues: [], logMaxBytes: 2 ** 24 }));
    expect(error).toBeInstanceOf(SubjectsTaken);
    expect((error as SubjectsTaken).message).toContain(
      `stream ALL-${lab} keeps messages of ${lab}.log.> already`,
    );
  });

  it('says that a server alone keeps no more than one copy', async () => {
    const error = await rejectionOf(provision(jsm, { lab: freshLab(), queues: [], replicas: 3 }));
    expect(error).toBeInstanceOf(ReplicasUnavailable);
    expect((error as ReplicasUnavailable).message).toMatch(
      /cannot have 3 copies .*FAULTLINE_REPLICAS lower$/,
    );
  });

  it('changes queues of a version that left the copies to the stream', async () => {
    const lab = freshLab();
    await provision(jsm, { lab, queues: ['q'], logMaxBytes: 2 ** 24 });
    const { config } = await jsm.consumers.info(logStream(lab), queueConsumer('q'));
    await jsm.consumers.delete(logStream(lab), queueConsumer('q'));
    await jsm.consumers.add(logStream(lab), { ...config, num_replicas: 0 });
    await provision(jsm, { lab, queues: ['q'] });
    expect((await jsm.consumers.info(logStream(lab), queueConsumer('q'))).config.num_replicas).toBe(1);
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
