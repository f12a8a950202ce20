import { logStream, queueConsumer, subjectsOf } from '@faultline/contracts';
import { QueueUnavailable, type WorkMessage } from '@faultline/hosting';
import { appendAll, numbered, text } from '../../hosting/src/testkit/batches.testkit';
import { eventually, rejectionOf } from '../../hosting/src/testkit/eventually.testkit';
import {
  CONTRACT_ACK_WAIT_MILLIS,
  CONTRACT_QUEUES,
  describeWorkPort,
} from '../../hosting/src/testkit/work-port.contract.testkit';
import { freshPorts, TestServer } from './testkit/server.testkit';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

const provisioned = { queues: CONTRACT_QUEUES, ackWaitMillis: CONTRACT_ACK_WAIT_MILLIS };

describeWorkPort('JetStream', async () => {
  const { lab, log, work, link } = await freshPorts(server, provisioned);
  return { lab, log, work, close: () => link.close() };
});

describe('work on JetStream', () => {
  it('is refused for a queue that was not provisioned', async () => {
    const { work, link } = await freshPorts(server);
    const working = work.work({
      queue: 'none',
      prefetch: 1,
      onWork: () => undefined,
      onError: () => undefined,
    });
    expect(await rejectionOf(working)).toBeInstanceOf(QueueUnavailable);
    await link.close();
  });

  it('goes on after the server crashed, with every message settled once in effect', async () => {
    const { lab, log, work, link } = await freshPorts(server, provisioned);
    const subject = subjectsOf(lab).queueLog(0, 'fast');
    const done = new Set<string>();
    const onWork = (message: WorkMessage): void => {
      done.add(text(message.body));
      message.ack();
    };
    const running = await work.work({ queue: 'fast', prefetch: 4, onWork, onError: () => undefined });
    await appendAll(log, subject, numbered(20, 'before'));
    await eventually('the first part', () => done.size === 20);
    await server.crashAndRestart();
    await eventually('the log', () => log.lastSequence().catch(() => 0));
    await appendAll(log, subject, numbered(20, 'after'));
    await eventually('the second part', () => done.size === 40);
    await running.stop();
    await link.close();
  });

  it('reports a consumer that is gone, once, and goes on when it is back', async () => {
    const { lab, log, work, link, jsm } = await freshPorts(server, provisioned);
    const errors: Error[] = [];
    const got: string[] = [];
    const onWork = (message: WorkMessage): void => {
      got.push(text(message.body));
      message.ack();
    };
    const running = await work.work({
      queue: 'fast',
      prefetch: 4,
      onWork,
      onError: (error) => errors.push(error),
    });
    const consumer = await jsm.consumers.info(logStream(lab), queueConsumer('fast'));
    await jsm.consumers.delete(logStream(lab), queueConsumer('fast'));
    await eventually('the report', () => errors.length > 0, 15_000);
    await jsm.consumers.add(logStream(lab), consumer.config);
    await appendAll(log, subjectsOf(lab).queueLog(0, 'fast'), ['a']);
    await eventually('the message', () => got.length === 1, 15_000);
    expect(errors.map((error) => error.name)).toEqual(['QueueUnavailable']);
    await running.stop();
    await link.close();
  });
});
