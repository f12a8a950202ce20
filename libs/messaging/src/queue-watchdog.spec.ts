import { logStream, queueConsumer, subjectsOf } from '@faultline/contracts';
import type { WorkMessage } from '@faultline/hosting';
import { appendAll, numbered, text } from '../../hosting/src/testkit/batches.testkit';
import { eventually } from '../../hosting/src/testkit/eventually.testkit';
import { CONTRACT_ACK_WAIT_MILLIS } from '../../hosting/src/testkit/work-port.contract.testkit';
import { natsPorts } from './nats-ports';
import { provision } from './provision';
import type { QueueRepair } from './queue-watchdog';
import { freshPorts, type TestPorts, TestServer } from './testkit/server.testkit';

const QUEUE = 'fast';
const HELD = 4;
const watching = { watchEveryMillis: 100, watchPatienceMillis: 3 * CONTRACT_ACK_WAIT_MILLIS };

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

let ports: TestPorts;
let repairs: QueueRepair[];
let done: string[];
let outages: Error[];
beforeEach(async () => {
  [repairs, done, outages] = [[], [], []];
  ports = await freshPorts(server, {
    queues: [QUEUE],
    ackWaitMillis: CONTRACT_ACK_WAIT_MILLIS,
    maxAckPending: HELD,
    ...watching,
    onRepaired: (repair) => repairs.push(repair),
  });
});
afterEach(() => ports.link.close());

const put = (bodies: readonly string[]): Promise<number[]> =>
  appendAll(ports.log, subjectsOf(ports.lab).queueLog(0, QUEUE), bodies);

/** On a machine that stands still for longer than the time to settle, a message comes twice. */
const areDone = (bodies: readonly string[]): boolean => bodies.every((body) => done.includes(body));

const work = (prefetch = 2) =>
  ports.work.work({
    queue: QUEUE,
    prefetch,
    onWork: (message) => {
      done.push(text(message.body));
      message.ack();
    },
    onError: (error) => outages.push(error),
  });

describe('the watchdog of a queue', () => {
  it('makes a consumer that was deleted anew, behind what was settled, and nothing is lost', async () => {
    const running = await work();
    await put(numbered(5, 'before'));
    await eventually('the first part', () => areDone(numbered(5, 'before')));
    const consumer = queueConsumer(QUEUE);
    await eventually('the floor is seen', async () => {
      const { ack_floor: floor } = await ports.jsm.consumers.info(logStream(ports.lab), consumer);
      return floor.stream_seq === 5;
    });
    await ports.jsm.consumers.delete(logStream(ports.lab), consumer);
    await put(numbered(5, 'after'));
    await eventually('the second part', () => areDone(numbered(5, 'after')));
    expect(repairs).toMatchObject([{ queue: QUEUE, trouble: 'missing' }]);
    expect(repairs[0]?.fromSequence).toBeLessThanOrEqual(6);
    // Whoever provisions the laboratory again is content with it.
    await provision(ports.jsm, { lab: ports.lab, queues: [QUEUE], maxAckPending: 99 });
    const { config } = await ports.jsm.consumers.info(logStream(ports.lab), consumer);
    expect(config.max_ack_pending).toBe(99);
    await running.stop();
  });

  it('makes one anew that delivers nothing because somebody never settles what he holds', async () => {
    const held: WorkMessage[] = [];
    const thief = await natsPorts(ports.link, { lab: ports.lab, watchEveryMillis: 3_600_000 });
    const stealing = await thief.work.work({
      queue: QUEUE,
      prefetch: HELD,
      onWork: (message) => held.push(message),
      onError: (error) => outages.push(error),
    });
    await put(numbered(HELD, 'held'));
    await eventually('all that may be held', () => held.length === HELD);
    const extending = setInterval(() => held.forEach((message) => message.extend()), 50);
    const running = await work();
    const more = [...numbered(HELD, 'held'), ...numbered(10, 'more')];
    await put(numbered(10, 'more'));
    await eventually('everything is done', () => areDone(more));
    clearInterval(extending);
    expect(repairs).toMatchObject([{ queue: QUEUE, trouble: 'stuck', fromSequence: 1 }]);
    expect(outages).toEqual([]);
    await stealing.stop();
    await running.stop();
  });

  it('leaves a queue alone that is idle, busy, or mended by somebody else', async () => {
    const [one, other] = [await work(), await work()];
    const busyUntil = performance.now() + 2 * watching.watchPatienceMillis;
    for (let round = 0; performance.now() < busyUntil; round += 1) {
      await put(numbered(4, `round${round}-`));
      await eventually('a round', () => areDone(numbered(4, `round${round}-`)));
    }
    expect(repairs).toEqual([]);
    await ports.jsm.consumers.delete(logStream(ports.lab), queueConsumer(QUEUE));
    await put(['last']);
    await eventually('the last one', () => areDone(['last']));
    const { created } = await ports.jsm.consumers.info(logStream(ports.lab), queueConsumer(QUEUE));
    const until = performance.now() + 2 * watching.watchPatienceMillis;
    await eventually('some quiet time', () => performance.now() > until);
    expect((await ports.jsm.consumers.info(logStream(ports.lab), queueConsumer(QUEUE))).created).toBe(
      created,
    );
    // Both workers may find it gone at the same moment; whoever comes second finds what he would have made.
    expect(new Set(repairs.map(({ trouble }) => trouble))).toEqual(new Set(['missing']));
    expect(repairs.length).toBeLessThanOrEqual(2);
    await Promise.all([one.stop(), other.stop()]);
  });
});
