import { NatsLaboratory } from '../kit/nats-laboratory';
import { type Draft, scenarioOf } from '../kit/scenario';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
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

const crash = (): Promise<void> => server.crashAndRestart();

/** The server stands still until nothing has gone on for a second, and then goes on as if nothing had been. */
async function freeze({ laboratory }: NatsLaboratory): Promise<void> {
  process.kill(server.server.pid, 'SIGSTOP');
  let [last, sinceMillis] = [laboratory.accesses.count, performance.now()];
  await eventually('nothing goes on', () => {
    if (laboratory.accesses.count !== last)
      [last, sinceMillis] = [laboratory.accesses.count, performance.now()];
    return performance.now() - sinceMillis > 1_000;
  });
  process.kill(server.server.pid, 'SIGCONT');
}

describe('the path on a real NATS server', () => {
  it.each(['pri', 'stall'] as const)(
    'runs a %s scenario to its end and passes the audit',
    async (model) => {
      const scenario = scenarioOf(crowded(model));
      const lab = await NatsLaboratory.open(server, scenario);
      try {
        await lab.laboratory.begin();
        const { report, complaints } = lab.judge(await lab.finish());
        expect(complaints).toEqual([]);
        expect(report.counts['groupResponded.success']).toBeGreaterThan(0);
        expect(report.counts['groupResponded.invalid']).toBeGreaterThan(0);
        expect(report.counts['pageRemoved.reclaim']).toBeGreaterThan(0);
        expect(lab.letters).toEqual([]);
      } finally {
        await lab.close();
      }
    },
    90_000,
  );

  it.each(['pri', 'stall'] as const)(
    'waits out crashes of the server, and a freeze, in the middle of a %s run, and loses nothing',
    async (model) => {
      const scenario = scenarioOf(crowded(model, 3000));
      const lab = await NatsLaboratory.open(server, scenario);
      try {
        await lab.laboratory.begin();
        for (const outage of [crash, freeze, crash]) {
          await lab.ended(lab.laboratory.accesses.count + 500);
          await outage(lab);
          expect(lab.laboratory.advance()).toBe(false);
        }
        expect(lab.judge(await lab.finish()).complaints).toEqual([]);
      } finally {
        await lab.close();
      }
    },
    120_000,
  );
});
