import { handleSchema } from '@faultline/contracts';
import { LaneRejected } from '@faultline/hosting';
import {
  freshPorts,
  type TestPorts,
  TestServer,
} from '../../../../libs/messaging/src/testkit/server.testkit';
import { faultline } from '../command-line.testkit';

let server: TestServer;
let ports: TestPorts;
beforeAll(async () => {
  server = await TestServer.start();
}, 30_000);
afterAll(() => server.stop());
beforeEach(async () => {
  ports = await freshPorts(server);
});
afterEach(() => ports.link.close());

const dead = (...words: string[]) =>
  faultline(['dead', ...words], { NATS_URL: server.url, FAULTLINE_LAB: ports.lab });

const request = handleSchema
  .encode([
    { kind: 'Sender', unit: 'iopf-worker-1', epoch: 0 },
    { kind: 'HandleRequest', run: 9, members: [{ pasid: 1, generation: 1, page: 0x77, permissions: 1 }] },
  ])
  .slice();

const bury = (subject: string, reason: string, body: Uint8Array, sequence?: number): Promise<void> =>
  ports.deadLetters.bury({ subject: `${ports.lab}.${subject}`, unit: 'mm.0', reason, body, sequence });

it('lists letters with where they came from and why, and says when there are none', async () => {
  expect(await dead('list')).toMatchObject({ exit: 0, said: `no dead letters in laboratory ${ports.lab}\n` });
  await bury('cmd.mm.0.handle', 'a pasid of 21 bits', request);
  await bury('log.iopf.0', 'rubbish', Buffer.from('rubbish'), 12);
  const { exit, output } = await dead('list');
  expect(exit).toBe(0);
  expect(output.split('\n').slice(1, 3)).toEqual([
    expect.stringMatching(/^ +1 .*mm\.0 +cmd\.mm\.0\.handle +\d+ +- +a pasid of 21 bits$/),
    expect.stringMatching(/^ +2 .*log\.iopf\.0 +7 +- +rubbish$/),
  ]);
  const json = (await dead('list', '--json')).output.trim().split('\n');
  expect(json.map((line) => (JSON.parse(line) as { reason: string }).reason)).toEqual([
    'a pasid of 21 bits',
    'rubbish',
  ]);
});

it('shows the bytes of a letter and what can be read of them', async () => {
  await bury('cmd.mm.0.handle', 'a pasid of 21 bits', request.subarray(0, request.length - 2));
  const { output } = await dead('show', '1');
  expect(output).toMatch(/reason +a pasid of 21 bits/);
  expect(output).toMatch(/^00000000 {2}fa 01 01 00/m);
  expect(output).toMatch(/iopf-worker/);
  expect(output).toMatch(/what can be read of it \(1 records\)\n {2}\{"kind":"Sender"/);
});

it('sends a request to its lane again, says what came of it, and notes that', async () => {
  const subject = `${ports.lab}.cmd.mm.0.handle`;
  const served: string[] = [];
  const running = await ports.lanes.serve(
    subject,
    (body) => {
      served.push(Buffer.from(body).toString('hex'));
      if (served.length > 1) throw new LaneRejected(subject, 'not this time');
      return Uint8Array.of(1, 2, 3);
    },
    () => undefined,
  );
  await bury('cmd.mm.0.handle', 'too early', request);
  expect(await dead('replay', '1')).toMatchObject({
    exit: 0,
    output: `letter 1: accepted by ${subject}, which answered with 3 bytes\n`,
  });
  expect(served).toEqual([Buffer.from(request).toString('hex')]);
  expect((await dead('list')).output).toMatch(/ yes +too early/);
  expect(await dead('replay', '1')).toMatchObject({
    exit: 2,
    said: expect.stringMatching(/--again/) as string,
  });
  expect(await dead('replay', '1', '--again')).toMatchObject({
    exit: 1,
    output: 'letter 1: rejected again: not this time\n',
  });
  await running.stop();
});

it.each([
  [['replay', '7'], /no dead letter 7: faultline dead list/],
  [['replay', '1'], /^faultline: letter 1 cannot be replayed: the log holds it still/],
  [['replay', '2'], /no-responders.*is the service running\?/],
  [['replay', '3'], /no service answers iopf-worker.redrive: is iopf-worker running\?/],
  [['list', '--lab', 'nowhere'], /no laboratory nowhere on .*faultline labs list/],
  [['list', '--lab', 'No Lab'], /no laboratory can be named 'No Lab'/],
])('dead %j is refused in one line', async (words, said) => {
  await bury('log.mm.0', 'rubbish', Buffer.from('rubbish'), 3);
  await bury('cmd.mm.5.handle', 'too early', request);
  await bury('log.iommu.0.queue.q', 'later version', Buffer.from('rubbish'), 4);
  const { exit, said: line } = await dead(...words);
  expect(line).toMatch(said);
  expect(line.trim().split('\n')).toHaveLength(1);
  expect(exit).toBeGreaterThan(0);
});

it('says that no server answers', async () => {
  const { exit, said } = await faultline(['dead', 'list', '--nats', 'nats://127.0.0.1:1']);
  expect([exit, said]).toEqual([
    1,
    expect.stringMatching(/^faultline: no NATS server answers at nats:\/\/127\.0\.0\.1:1 /),
  ]);
});
