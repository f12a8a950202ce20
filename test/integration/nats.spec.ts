import { auditLog, complaintsOf } from '../kit/audit-log';
import { NatsLaboratory } from '../kit/nats-laboratory';
import { replayUnits } from '../kit/replay';
import { type Draft, scenarioOf } from '../kit/scenario';
import { TestServer } from '../../libs/messaging/src/testkit/server.testkit';

const READ_ONLY = 1;

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
}, 30_000);
afterAll(() => server.stop());

/** Two processes, two devices, frames that do not suffice, and an area that may only be read. */
const crowded = (model: 'pri' | 'stall', accesses = 400): Draft => ({
  framesPerShard: 40,
  workers: { processes: 2, servers: 4, groupsPerMessage: 4 },
  iommus: [{ model, priQueueEntries: 8, eventQueueEntries: 4 }],
  processes: [{}, { vmas: [{ permissions: READ_ONLY, backing: 'file-private' }] }],
  devices: [{ pagesPerGroup: 4, workloads: [{ accesses }] }, { workloads: [{ accesses, pasid: 2 }] }],
});

describe('the path on a real NATS server', () => {
  it.each(['pri', 'stall'] as const)(
    'runs a %s scenario to its end and passes the audit',
    async (model) => {
      const scenario = scenarioOf(crowded(model));
      const lab = await NatsLaboratory.open(server, scenario);
      try {
        await lab.laboratory.begin();
        const log = await lab.finish();
        const report = auditLog(log, scenario);
        expect(complaintsOf(report)).toEqual([]);
        expect(report.counts['groupResponded.success']).toBeGreaterThan(0);
        expect(report.counts['groupResponded.invalid']).toBeGreaterThan(0);
        expect(report.counts['pageRemoved.reclaim']).toBeGreaterThan(0);
        expect(lab.laboratory.accesses.complaints).toEqual([]);
        expect(lab.letters).toEqual([]);
        for (const { unit, live, folded } of replayUnits(lab.laboratory, log))
          expect([unit, folded]).toEqual([unit, live]);
      } finally {
        await lab.close();
      }
    },
    90_000,
  );

  it.each(['pri', 'stall'] as const)(
    'waits out a crash of the server in the middle of a %s run, and loses nothing',
    async (model) => {
      const scenario = scenarioOf(crowded(model, 3000));
      const lab = await NatsLaboratory.open(server, scenario);
      try {
        await lab.laboratory.begin();
        await lab.ended(500);
        await server.crashAndRestart();
        expect(lab.laboratory.advance()).toBe(false);
        const log = await lab.finish();
        expect(complaintsOf(auditLog(log, scenario))).toEqual([]);
        expect([...lab.laboratory.accesses.all.values()].filter(({ ends }) => ends.length !== 1)).toEqual([]);
        for (const { unit, live, folded } of replayUnits(lab.laboratory, log))
          expect([unit, folded]).toEqual([unit, live]);
      } finally {
        await lab.close();
      }
    },
    120_000,
  );
});
