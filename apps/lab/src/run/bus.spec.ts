import { labSchema, subjectsOf, NEWEST_FORMAT } from '@faultline/contracts';
import { freshLab, freshPorts, TestServer } from '../../../../libs/messaging/src/testkit/server.testkit';
import { rejectionOf } from '../../../../libs/hosting/src/testkit/eventually.testkit';
import { BadInput } from '../errors';
import { scratchDirectory } from '../testing.testkit';
import { Bus } from './bus';
import { RunFolder } from './run-folder';

const scratch = scratchDirectory();
let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
}, 30_000);
afterAll(() => server.stop());

const scenario = { kind: 'ScenarioLoaded' as const, run: 'r', scenario: {}, atMicros: 1 };

const open: Bus[] = [];
afterEach(async () => {
  for (const bus of open.splice(0)) await bus.close();
});

async function busOf(lab: string, id: string): Promise<Bus> {
  const bus = await Bus.open({
    lab,
    folder: RunFolder.create(scratch.path, id),
    queues: [],
    provisioning: { replicas: 1, ackWaitMillis: 6_000, format: NEWEST_FORMAT },
    url: server.url,
    onLost: () => undefined,
  });
  open.push(bus);
  await bus.connect();
  await bus.prepare();
  return bus;
}

it("a laboratory is one run's: a second one of that name is refused before it has written anything", async () => {
  const lab = freshLab();
  const [one, other] = [await busOf(lab, 'one'), await busOf(lab, 'other')];
  expect(await one.append(scenario)).toBe(1);
  const refusal = await rejectionOf(other.append({ ...scenario, run: 'other' }));
  expect(refusal).toBeInstanceOf(BadInput);
  expect((refusal as BadInput).message).toBe(
    `laboratory ${lab} has the history of another run (its last event is message 1): use another name, or remove it with faultline labs remove ${lab}`,
  );
  const ended = { kind: 'RunEnded' as const, run: 'r', reason: 'failed' as const, atMicros: 2 };
  await expect(other.append({ ...ended, run: 'other' })).rejects.toThrow();
  await other.removeStreams();
  expect(await one.append(ended)).toBe(2);
});

it('says that a later version was there', async () => {
  const ports = await freshPorts(server);
  await ports.log.append({
    subject: subjectsOf(ports.lab).labLog,
    headers: { schema: labSchema.name, version: labSchema.version + 1, unit: 'lab', epoch: 0, cycle: 0 },
    body: Buffer.from('of another time'),
    id: 'later',
  });
  const bus = await busOf(ports.lab, 'later');
  const refusal = await rejectionOf(bus.append(scenario));
  expect(refusal).toMatchObject({ name: 'WrittenByNewer' });
  expect((refusal as Error).message).toMatch(
    /\.log\.lab was written by a newer Faultline \(schema 'lab' version 2, this one knows up to 1\): run that version/,
  );
  await ports.link.close();
});

it('tells how durable the log is on a server of somebody else', async () => {
  const bus = await busOf(freshLab(), 'durable');
  expect(bus.durability).toBe(`nats-server ${bus.version}, one copy, ${server.server.durability.text}`);
});
