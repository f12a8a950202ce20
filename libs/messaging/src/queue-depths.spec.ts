import { queueConsumer, logStream, subjectsOf } from '@faultline/contracts';
import type { WorkMessage } from '@faultline/hosting';
import { eventually } from '../../hosting/src/testkit/eventually.testkit';
import { queueDepths } from './queue-depths';
import { freshPorts, TestServer } from './testkit/server.testkit';

let server: TestServer;
beforeAll(async () => (server = await TestServer.start()));
afterAll(() => server.stop());

it('tells what waits in each queue, what workers have, and how old the oldest is', async () => {
  const ports = await freshPorts(server, { queues: ['q', 'other'] });
  const { link, lab, log, work } = ports;
  const depths = async () => {
    const [q, other] = await queueDepths(link, lab, ['q', 'other', 'none']);
    return {
      q: [q?.waiting, q?.unsettled],
      age: q?.oldestAgeMillis ?? -1,
      other: [other?.waiting, other?.unsettled],
    };
  };
  expect(await depths()).toEqual({ q: [0, 0], age: 0, other: [0, 0] });
  const headers = { schema: 'iommu.queue', version: 1, unit: 'iommu.0', epoch: 1, cycle: 1 };
  for (const id of ['a', 'b', 'c'])
    await log.append({ subject: subjectsOf(lab).queueLog(0, 'q'), headers, body: new Uint8Array(1), id });
  const begun = performance.now();
  expect((await depths()).q).toEqual([3, 0]);
  const got: WorkMessage[] = [];
  const working = await work.work({
    ...{ queue: 'q', prefetch: 2, onWork: (message) => void got.push(message) },
    onError: (error) => {
      throw error;
    },
  });
  await eventually('two messages', () => got.length === 2);
  expect((await depths()).q).toEqual([1, 2]);
  await eventually('some age', async () => (await depths()).age >= 20);
  expect((await depths()).age).toBeLessThanOrEqual(performance.now() - begun + 1_000);
  for (const message of got.splice(0)) message.ack();
  await eventually('the third', () => got.length === 1);
  got[0]?.ack();
  await eventually('nothing', async () => (await depths()).q.join() === '0,0');
  expect(await depths()).toEqual({ q: [0, 0], age: 0, other: [0, 0] });
  await working.stop();
  await ports.jsm.consumers.delete(logStream(lab), queueConsumer('q'));
  expect((await queueDepths(link, lab, ['q', 'other'])).map(({ queue }) => queue)).toEqual(['other']);
  await link.close();
});
