import type { ResolvedScenario } from '@faultline/contracts';
import { FaultQueries } from '@faultline/record';
import { ConfigError, ServicePorts } from '@faultline/runtime';
import { Test } from '@nestjs/testing';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GOOD_TOTALS, goodLog, subjects } from '../../../libs/audit/src/log.testkit';
import { TestClock } from '../../../libs/hosting/src/testkit/eventually.testkit';
import { EventLogController } from './event-log.controller';
import { EventLogModule } from './event-log.module';
import { EventLogService, RecordNotOpen } from './event-log.service';
import { ListLog } from './list-log.testkit';

const scenario = {
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

async function setUp(runDirectory: string | undefined) {
  const [log, clock] = [new ListLog(), new TestClock()];
  for (const { subject, headers, body } of goodLog()) log.add({ subject, headers, body });
  const fail = jest.fn();
  const ports = { config: { runDirectory }, subjects, log, clock, logger: quiet, fail };
  class Ports {}
  const shared = {
    module: Ports,
    global: true,
    providers: [{ provide: ServicePorts, useValue: ports }],
    exports: [ServicePorts],
  };
  const module = await Test.createTestingModule({ imports: [shared, EventLogModule] }).compile();
  return { controller: module.get(EventLogController), service: module.get(EventLogService), fail };
}

async function started() {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-event-log-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const app = await setUp(folder);
  expect(await app.service.start(scenario)).toEqual(['event-log']);
  cleanups.push(() => app.service.stop());
  return { ...app, folder };
}

describe('the event log', () => {
  const end = goodLog().length;

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

  it('says that it has no folder, and that it has seen no scenario', async () => {
    const { service, controller } = await setUp(undefined);
    await expect(service.start(scenario)).rejects.toThrow(ConfigError);
    await expect(controller.status()).rejects.toThrow(RecordNotOpen);
  });
});
