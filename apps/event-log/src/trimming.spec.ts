import { type ResolvedScenario, queuesOfScenario } from '@faultline/contracts';
import { ManualClock, MemoryKv, MemoryLog } from '@faultline/hosting';
import { ServicePorts } from '@faultline/runtime';
import { SnapshotIndex } from '@faultline/units';
import { Test } from '@nestjs/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goodLog, subjects } from '../../../libs/audit/src/log.testkit';
import { eventually } from '../../../libs/hosting/src/testkit/eventually.testkit';
import { EventLogModule } from './event-log.module';
import { EventLogService } from './event-log.service';

const LOOK_MICROS = 5_000_000;
const END = goodLog().length;
const scenario = {
  queues: 'per-iommu',
  iommus: [{ iommu: 0, segment: 0 }],
  shards: [{ shard: 0 }],
  processes: [],
  devices: [],
} as unknown as ResolvedScenario;

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** An event log that records a run on a log that is nearly full, with a clock of its own. */
async function recording({ trimAbove = 0.5 } = {}) {
  const runDirectory = mkdtempSync(join(tmpdir(), 'faultline-trimming-'));
  cleanups.push(() => rmSync(runDirectory, { recursive: true, force: true }));
  const messages = goodLog();
  const bytes = messages.reduce((sum, { body }) => sum + body.length, 0);
  const log = new MemoryLog({ maxBytes: 4 * bytes + 2 ** 16 });
  // What fills it is nobody's event: it stands for a long run.
  const fill = jest.spyOn(log, 'fill').mockResolvedValue(0.7);
  const trim = jest.spyOn(log, 'trim');
  for (const [place, { subject, headers, body }] of messages.entries())
    await log.append({ subject, headers, body, id: `${place}` });
  const [clock, snapshotIndex, fail] = [new ManualClock(), new MemoryKv(), jest.fn()];
  const logger = { info: jest.fn(), warn: jest.fn(), error: jest.fn() };
  const ports = {
    ...{ config: { runDirectory, trimAbove }, subjects, log, clock, snapshotIndex, logger, fail },
    heads: new MemoryKv(),
  };
  class Ports {}
  const shared = {
    ...{ module: Ports, global: true, exports: [ServicePorts] },
    providers: [{ provide: ServicePorts, useValue: ports }],
  };
  const module = await Test.createTestingModule({ imports: [shared, EventLogModule] }).compile();
  const service = module.get(EventLogService);
  await service.start(scenario);
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (!isStopped) await service.stop();
    isStopped = true;
  };
  cleanups.push(stop);
  await eventually('the record', async () => {
    // What arrives is written a moment later.
    clock.advance(10_000);
    return (await service.status()).position === END;
  });
  return { trim, fill, clock, logger, stop, snapshots: new SnapshotIndex(snapshotIndex) };
}

const snapshotOf = (unit: string, read: Record<string, number>) => ({
  ...{ unit, blob: `${unit}/1/1`, epoch: 1, ordinal: 1, stateVersion: 1, madeBy: '0.1.0', read },
});

describe('D13 the event log trims its laboratory', () => {
  const { hwLog, iopfLog, mmLog, segmentLog } = {
    hwLog: subjects.hwLog(0),
    iopfLog: subjects.iopfLog(0),
    mmLog: subjects.mmLog(0),
    segmentLog: subjects.segmentLog(0),
  };

  it('as far as the scenario’s units have snapshots, and no further than the record is', async () => {
    const { trim, clock, logger, snapshots } = await recording();
    await snapshots.advance(snapshotOf('iommu.0', { [hwLog]: 9, [iopfLog]: 8, [mmLog]: 4 }));
    await snapshots.advance(snapshotOf('mm.0', { [mmLog]: 7 }));
    // The log has more than the record, which an owner of a unit may have read already.
    await snapshots.advance(snapshotOf('segment.0', { [segmentLog]: END + 100 }));
    clock.advance(LOOK_MICROS);
    await eventually('a look', () => trim.mock.calls.length > 0);
    const queues = queuesOfScenario(scenario, 0).map((queue) => subjects.queueLog(0, queue));
    expect(queues).not.toEqual([]);
    expect(Object.fromEntries(trim.mock.calls[0]?.[0] ?? [])).toEqual({
      ...Object.fromEntries(queues.map((queue) => [queue, 1])),
      ...{ [hwLog]: 10, [iopfLog]: 9, [mmLog]: 5, [segmentLog]: END + 1 },
    });
    await eventually('the word of who holds it', () => logger.warn.mock.calls.length > 0);
    expect(logger.warn).toHaveBeenCalledWith(
      { reader: 'iommu.0', subject: queues[0], sequence: 0, fill: 0.7 },
      'the log fills up: what stands behind this is still needed',
    );
  });

  it('no more when it has stopped', async () => {
    const { fill, clock, stop } = await recording();
    await stop();
    fill.mockClear();
    clock.advance(10 * LOOK_MICROS);
    // A look begins with this, at once.
    expect(fill).not.toHaveBeenCalled();
  });

  it('only above the share that it was told', async () => {
    const { trim, clock, logger } = await recording({ trimAbove: 0.8 });
    const looked = jest.spyOn(clock, 'after');
    clock.advance(LOOK_MICROS);
    await eventually('the next look to be planned', () => looked.mock.calls.length > 0);
    expect(trim).not.toHaveBeenCalled();
    expect(logger.warn).not.toHaveBeenCalled();
  });
});
