import { logStream, subjectsOf } from '@faultline/contracts';
import { LogReadFailed } from '@faultline/hosting';
import { appendAll, Collected, numbered } from '../../hosting/src/testkit/batches.testkit';
import { rejectionOf } from '../../hosting/src/testkit/eventually.testkit';
import type { NatsLink } from './connection';
import { ReadersUnknown } from './log-trimming';
import { freshPorts, TestServer } from './testkit/server.testkit';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

/** What is asked of JetStream over a link, and answers that are changed on their way back. */
function listen(link: NatsLink, change: Record<string, (answer: object) => object> = {}): string[] {
  const asked: string[] = [];
  const { requests } = link;
  const send = requests.send.bind(requests);
  jest.spyOn(requests, 'send').mockImplementation(async (subject, ...rest) => {
    asked.push(subject);
    const reply = await send(subject, ...rest);
    const changed = Object.entries(change).find(([verb]) => subject.startsWith(`$JS.API.${verb}.`))?.[1];
    if (!changed) return reply;
    const answer = changed(reply.json());
    return Object.assign(Object.create(reply) as typeof reply, { json: () => answer });
  });
  return asked;
}

async function ports() {
  const { lab, log, link, jsm } = await freshPorts(server);
  const subjects = subjectsOf(lab);
  const [hw, mm] = [subjects.hwLog(0), subjects.mmLog(0)];
  await appendAll(log, hw, numbered(10));
  await appendAll(log, mm, numbered(10));
  const held = async (): Promise<number> => (await jsm.streams.info(logStream(lab))).state.messages;
  return { log, link, hw, mm, held };
}

it('asks the server for nothing when told again what it has removed, and for what is new alone', async () => {
  const { log, link, hw, mm, held } = await ports();
  await log.trim(new Map([[hw, 6]]));
  expect(await held()).toBe(15);
  const asked = listen(link);
  await log.trim(new Map([[hw, 6]]));
  await log.trim(new Map([[hw, 4]]));
  expect(asked).toEqual([]);
  await log.trim(
    new Map([
      [hw, 6],
      [mm, 15],
    ]),
  );
  expect(asked.filter((subject) => subject.includes('PURGE'))).toHaveLength(1);
  expect(await held()).toBe(11);
  await link.close();
});

it('announces a floor once, also when it could not remove everything the first time', async () => {
  const { log, link, hw, held } = await ports();
  const asked = listen(link, {
    'STREAM.PURGE': () => ({ error: { code: 500, err_code: 1, description: 'no room' } }),
  });
  const refused = await rejectionOf(log.trim(new Map([[hw, 6]])));
  expect(refused).toBeInstanceOf(LogReadFailed);
  const announcements = (): number => asked.filter((subject) => subject.startsWith('$KV.')).length;
  expect(announcements()).toBe(1);
  await rejectionOf(log.trim(new Map([[hw, 6]])));
  expect(announcements()).toBe(1);
  expect(asked.filter((subject) => subject.includes('PURGE'))).toHaveLength(2);
  expect(await held()).toBe(15);
  await link.close();
});

it.each<[string, (answer: object) => object, RegExp]>([
  [
    'has heard nothing of one',
    (answer) => ({ ...answer, missing: ['reader'] }),
    /tells of 1 of the 1 consumers of the log, nothing of reader: nothing is trimmed/,
  ],
  ['gives fewer than there are', (answer) => ({ ...answer, total: 3, consumers: [] }), /tells of 0 of the 3/],
])('D13 removes nothing while the server %s of its readers', async (_what, change, said) => {
  const { log, link, hw, held } = await ports();
  const running = await log.follow({ subject: hw, fromSequence: 1, ...new Collected() });
  listen(link, { 'CONSUMER.LIST': change });
  const refused = await rejectionOf(log.trim(new Map([[hw, 6]])));
  expect(refused).toBeInstanceOf(LogReadFailed);
  expect((refused as Error).cause).toBeInstanceOf(ReadersUnknown);
  expect(String(refused)).toMatch(said);
  expect(await held()).toBe(20);
  await running.stop();
  await link.close();
});
