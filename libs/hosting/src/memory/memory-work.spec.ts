import { subjectsOf } from '@faultline/contracts';
import type { WorkMessage } from '../ports';
import { appendAll } from '../testkit/batches.testkit';
import { TestClock } from '../testkit/eventually.testkit';
import { CONTRACT_ACK_WAIT_MILLIS, describeWorkPort } from '../testkit/work-port.contract.testkit';
import { ManualClock } from './manual-clock';
import { memoryPorts } from './memory-ports';

describeWorkPort('memory', async () => {
  const lab = 'memory';
  const { log, work } = memoryPorts({ lab, clock: new TestClock(), ackWaitMillis: CONTRACT_ACK_WAIT_MILLIS });
  return { log, work, lab, close: () => Promise.resolve() };
});

describe('memory work on a clock that is moved by hand', () => {
  it('runs nothing but what the scheduler and the clock are told to run', async () => {
    const tasks: (() => void)[] = [];
    const clock = new ManualClock();
    const { log, work } = memoryPorts({
      lab: 'manual',
      clock,
      schedule: (task) => tasks.push(task),
      ackWaitMillis: 100,
    });
    const runAll = (): void => {
      for (let task = tasks.shift(); task; task = tasks.shift()) task();
    };
    const got: WorkMessage[] = [];
    await work.work({ queue: 'q', prefetch: 1, onWork: (message) => got.push(message), onError: fail });
    await appendAll(log, subjectsOf('manual').queueLog(0, 'q'), ['a']);
    expect(got.length).toBe(0);
    runAll();
    expect(got.map((message) => message.deliveries)).toEqual([1]);
    got[0]?.retry(50);
    clock.advance(49_999);
    runAll();
    expect(got.length).toBe(1);
    clock.advance(1);
    runAll();
    expect(got.map((message) => message.deliveries)).toEqual([1, 2]);
    got[1]?.ack();
    clock.advance(1_000_000);
    runAll();
    expect(got.length).toBe(2);
  });
});

it('the first messages of many queues do not all go to the same worker', async () => {
  const { log, work } = memoryPorts({ lab: 'many', clock: new ManualClock(), ackWaitMillis: 100 });
  const got = Array.from({ length: 8 }, () => 0);
  const queues = Array.from({ length: 64 }, (_, place) => `q${place}`);
  for (const queue of queues)
    for (const worker of got.keys())
      await work.work({
        queue,
        prefetch: 8,
        onWork: () => (got[worker] = (got[worker] ?? 0) + 1),
        onError: fail,
      });
  for (const queue of queues) await appendAll(log, subjectsOf('many').queueLog(0, queue), ['a']);
  await new Promise((resolve) => setImmediate(resolve));
  expect(got.reduce((sum, messages) => sum + messages, 0)).toBe(64);
  expect(Math.max(...got)).toBeLessThan(24);
});

const fail = (error: Error): void => {
  throw error;
};
