import { decodeHead, encodeHead } from '@faultline/audit';
import { HEAD_PREFIX, headKey, type ResolvedScenario } from '@faultline/contracts';
import { type KvPort, MemoryKv } from '@faultline/hosting';
import { FaultQueries, RecordAhead, RecordReader } from '@faultline/record';
import { ConfigError, ServicePorts } from '@faultline/runtime';
import { Test } from '@nestjs/testing';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GOOD_TOTALS, goodLog, subjects } from '../../../libs/audit/src/log.testkit';
import { eventually, TestClock } from '../../../libs/hosting/src/testkit/eventually.testkit';
import { DataSource } from 'typeorm';
import { EventLogController } from './event-log.controller';
import { EventLogModule } from './event-log.module';
import { EventLogService, RecordNotOpen } from './event-log.service';
import { HeadDiffers } from './head-publisher';
import { ListLog } from './list-log.testkit';

const scenario = {
  iommus: [],
  shards: [],
  devices: Object.entries(GOOD_TOTALS.accessesByDevice).map(([device, accesses]) => ({
    device: Number(device),
    workloads: [{ accesses }],
  })),
} as unknown as ResolvedScenario;
const quiet = { info: () => undefined, error: () => undefined, warn: () => undefined };
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function setUp(runDirectory: string | undefined, heads: KvPort = new MemoryKv()) {
  const [log, clock] = [new ListLog(), new TestClock()];
  for (const { subject, headers, body } of goodLog()) log.add({ subject, headers, body });
  const fail = jest.fn();
  const ports = {
    config: { runDirectory, trimAbove: 0.5 },
    subjects,
    log,
    clock,
    heads,
    snapshotIndex: new MemoryKv(),
    logger: quiet,
    fail,
  };
  class Ports {}
  const shared = {
    module: Ports,
    global: true,
    providers: [{ provide: ServicePorts, useValue: ports }],
    exports: [ServicePorts],
  };
  const module = await Test.createTestingModule({ imports: [shared, EventLogModule] }).compile();
  return {
    controller: module.get(EventLogController),
    service: module.get(EventLogService),
    fail,
    heads,
    log,
  };
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-event-log-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function started(folder = newFolder(), heads?: KvPort) {
  const app = await setUp(folder, heads);
  expect(await app.service.start(scenario)).toEqual(['event-log']);
  cleanups.push(() => app.service.stop());
  return { ...app, folder };
}

describe('the event log', () => {
  const end = goodLog().length;

  it('lets the tables of faults follow the record, and builds them once, whoever asks at the same time', async () => {
    const { service, folder } = await started();
    await eventually('half of the log', async () => (await service.status()).position > 0);
    await service.project();
    await Promise.all([service.project(), service.finish(end), service.project(), service.project()]);
    const queries = await FaultQueries.open(folder);
    cleanups.push(() => queries.close());
    expect((await queries.faults()).faults).toHaveLength(6);
    expect([await queries.position(), (await queries.counters())['GroupQueued']]).toEqual([end, 4]);
  });

  it('builds no tables any more when it is to stop', async () => {
    const { service, folder } = await started();
    await service.stop();
    cleanups.splice(1);
    await service.project().catch(() => undefined);
    expect(existsSync(join(folder, 'projections.sqlite'))).toBe(false);
  });

  it('records a run, and says what it amounts to', async () => {
    const { controller, folder, fail } = await started();
    const summary = await controller.finish({ upToSequence: end });
    expect(summary).toMatchObject({
      run: 'r1',
      messages: end,
      pageRequests: 6,
      audit: { clean: true, runEnded: 'finished' },
    });
    expect(await controller.status()).toMatchObject({ position: end, lag: 0, rows: end, pauses: 0 });
    const queries = await FaultQueries.open(folder);
    cleanups.push(() => queries.close());
    expect((await queries.faults()).faults).toHaveLength(6);
    expect(fail).not.toHaveBeenCalled();
  });

  it('publishes the head of its record, against which the record can be held', async () => {
    const { controller, folder, heads } = await started();
    await controller.finish({ upToSequence: end });
    const published = (await heads.entries(HEAD_PREFIX)).map(({ value }) => decodeHead(value));
    expect(published.map(({ position }) => position)).toEqual([end]);
    const reader = await RecordReader.open(folder);
    cleanups.push(() => reader.close());
    expect(await reader.verifyChain(published)).toMatchObject({ whole: true, messages: end });
  });

  it('does not go on with a record that is not the published one', async () => {
    const { controller, service, heads, folder } = await started();
    await controller.finish({ upToSequence: end });
    await service.stop();
    cleanups.splice(1);
    const file = new DataSource({ type: 'sqlite', database: join(folder, 'log.sqlite') });
    await file.initialize();
    await file.query('UPDATE record SET hash = zeroblob(32) WHERE sequence = ?', [end]);
    await file.destroy();
    const { service: again } = await setUp(folder, heads);
    await expect(again.start(scenario)).rejects.toThrow(HeadDiffers);
    await again.stop();
  });

  it('refuses a record of a newer program', async () => {
    const { service, folder } = await started();
    await service.stop();
    cleanups.splice(1);
    const file = new DataSource({ type: 'sqlite', database: join(folder, 'log.sqlite') });
    await file.initialize();
    await file.query(`UPDATE meta SET value = '2' WHERE key = 'schemaVersion'`);
    await file.destroy();
    const { service: older } = await setUp(folder);
    await expect(older.start(scenario)).rejects.toThrow(
      'has schema version 2, this program knows versions up to 1: use the newer program',
    );
  });

  it('refuses a log that ends before the record', async () => {
    const { controller, service, folder } = await started();
    await controller.finish({ upToSequence: end });
    await service.stop();
    cleanups.splice(1);
    const shorter = await setUp(folder);
    shorter.log.messages.length = end - 2;
    const refusal = shorter.service.start(scenario);
    await expect(refusal).rejects.toThrow(RecordAhead);
    await expect(refusal).rejects.toThrow(`ends at sequence ${end}, but the log at ${end - 2}`);
    await shorter.service.stop();
  });

  it('answers two askers alike', async () => {
    const { controller } = await started();
    const [one, other] = await Promise.all([
      controller.finish({ upToSequence: end }),
      controller.finish({ upToSequence: 1 }),
    ]);
    expect(one).toEqual(other);
  });

  it('leaves the record whole when it stops', async () => {
    const { controller, service, folder } = await started();
    await controller.finish({ upToSequence: end });
    await service.stop();
    expect(existsSync(join(folder, 'log.sqlite-wal'))).toBe(false);
    cleanups.splice(1);
  });

  it('closes its files also when it cannot end in order', async () => {
    const isOpen = (folder: string): boolean => existsSync(join(folder, 'log.sqlite-wal'));
    const { controller, service, folder, heads } = await started();
    await eventually('the record', async () => (await controller.status()).position === end);
    const another = encodeHead({ position: end, hash: new Uint8Array(32) });
    await heads.put(headKey(end), another);
    expect(isOpen(folder)).toBe(true);
    await expect(service.stop()).rejects.toThrow(HeadDiffers);
    expect(isOpen(folder)).toBe(false);
    const abandoned = await started(folder, new MemoryKv());
    expect(isOpen(folder)).toBe(true);
    await abandoned.service.abandon();
    expect(isOpen(folder)).toBe(false);
    cleanups.splice(1);
  });

  it('says that it has no folder, and that it has seen no scenario', async () => {
    const { service, controller } = await setUp(undefined);
    await expect(service.start(scenario)).rejects.toThrow(ConfigError);
    await expect(controller.status()).rejects.toThrow(RecordNotOpen);
  });
});
