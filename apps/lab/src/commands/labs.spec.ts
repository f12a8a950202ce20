import { queueConsumer, logStream } from '@faultline/contracts';
import { provision, jetStreamOf, type NatsLink } from '@faultline/messaging';
import type { JetStreamManager } from 'nats';
import { eventually } from '../../../../libs/hosting/src/testkit/eventually.testkit';
import { TestServer } from '../../../../libs/messaging/src/testkit/server.testkit';
import { faultline } from '../command-line.testkit';

let server: TestServer;
let link: NatsLink;
let jsm: JetStreamManager;
beforeAll(async () => {
  server = await TestServer.start();
  link = await server.link();
  jsm = await jetStreamOf(link);
  for (const lab of ['one', 'one-more', 'two'])
    await provision(jsm, { lab, queues: ['q'], logMaxBytes: 2 ** 20, deadMaxBytes: 2 ** 20 });
  await jsm.streams.add({ name: 'ORDERS', subjects: ['orders'] });
  await link.nc.jetstream().publish('one.log.lab', 'hello');
}, 30_000);
afterAll(async () => {
  await link.close();
  await server.stop();
});

const labs = (...words: string[]) => faultline(['labs', ...words], { NATS_URL: server.url });

interface Listed {
  lab: string;
  streams: { name: string; messages: number }[];
}

async function listed(): Promise<Listed[]> {
  const { output } = await labs('list', '--json');
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Listed);
}

it('lists every laboratory with its streams and buckets, and nothing else', async () => {
  const all = await listed();
  expect(all.map(({ lab }) => lab)).toEqual(['one', 'one-more', 'two']);
  expect(all[0]?.streams.map(({ name }) => name)).toEqual([
    'FAULTLINE_one',
    'FAULTLINE_one_DEAD',
    'KV_FAULTLINE_one_HEADS',
    'KV_FAULTLINE_one_OWNERS',
    'KV_FAULTLINE_one_SNAPSHOT_INDEX',
    'OBJ_FAULTLINE_one_SNAPSHOTS',
  ]);
  const { output } = await labs('list');
  expect(output.split('\n')[1]).toMatch(/^one +6 +1 +\d+ +1 .* faultline \d+\.\d+\.\d+$/);
});

it.each([
  [['remove', 'one-'], /no laboratory 'one-' on .*: it has one, one-more, two/],
  [['remove', 'FAULTLINE_one'], /no laboratory 'FAULTLINE_one'/],
  [
    ['remove', 'one'],
    /laboratory one is in use \(something was written \d+ s ago\): stop it first, or say --force/,
  ],
])('labs %j removes nothing', async (words, said) => {
  expect(await labs(...words)).toMatchObject({ exit: 2, said: expect.stringMatching(said) as string });
  expect((await listed()).map(({ lab }) => lab)).toEqual(['one', 'one-more', 'two']);
});

it('does not take a laboratory away from workers that wait for it', async () => {
  const pull = jsm.consumers.info(logStream('two'), queueConsumer('q'));
  expect((await pull).num_waiting).toBe(0);
  const next = `$JS.API.CONSUMER.MSG.NEXT.${logStream('two')}.${queueConsumer('q')}`;
  const subscription = link.nc.subscribe('waiting-worker');
  link.nc.publish(next, '{"batch":1,"expires":60000000000}', { reply: 'waiting-worker' });
  await eventually('a pull', async () => {
    const { num_waiting: waiting } = await jsm.consumers.info(logStream('two'), queueConsumer('q'));
    return waiting > 0;
  });
  expect((await labs('remove', 'two')).said).toMatch(/in use \(workers wait for its queues\)/);
  subscription.unsubscribe();
});

it('removes all of one laboratory when told to, says what, and leaves the others', async () => {
  const { exit, output } = await labs('remove', 'one', '--force');
  expect(exit).toBe(0);
  for (const name of [
    'FAULTLINE_one ',
    'FAULTLINE_one_DEAD',
    'KV_FAULTLINE_one_HEADS',
    'KV_FAULTLINE_one_OWNERS',
    'KV_FAULTLINE_one_SNAPSHOT_INDEX',
    'OBJ_FAULTLINE_one_SNAPSHOTS',
  ])
    expect(output).toContain(name);
  expect(output).toMatch(/removed laboratory one\n$/);
  const left: string[] = [];
  for await (const { config } of jsm.streams.list()) left.push(config.name);
  expect(left.sort()).toEqual([
    'FAULTLINE_one-more',
    'FAULTLINE_one-more_DEAD',
    'FAULTLINE_two',
    'FAULTLINE_two_DEAD',
    'KV_FAULTLINE_one-more_HEADS',
    'KV_FAULTLINE_one-more_OWNERS',
    'KV_FAULTLINE_one-more_SNAPSHOT_INDEX',
    'KV_FAULTLINE_two_HEADS',
    'KV_FAULTLINE_two_OWNERS',
    'KV_FAULTLINE_two_SNAPSHOT_INDEX',
    'OBJ_FAULTLINE_one-more_SNAPSHOTS',
    'OBJ_FAULTLINE_two_SNAPSHOTS',
    'ORDERS',
  ]);
});
