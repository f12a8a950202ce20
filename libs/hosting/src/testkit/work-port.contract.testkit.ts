import { subjectsOf } from '@faultline/contracts';
import { retryDelayMillis, type LogPort, type WorkMessage, type Working, type WorkPort } from '../ports';
import { appendAll, numbered, text } from './batches.testkit';
import { eventually } from './eventually.testkit';

export interface WorkHarness {
  log: LogPort;
  work: WorkPort;
  lab: string;
  close(): Promise<void>;
}

/** IOPF queues every harness must have. */
export const CONTRACT_QUEUES = ['fast', 'slow'] as const;
/** Settlement deadline every harness must use, in milliseconds. */
export const CONTRACT_ACK_WAIT_MILLIS = 400;

/** A worker that keeps what it was given; by default it settles nothing. */
class Worker {
  readonly got: WorkMessage[] = [];
  readonly errors: Error[] = [];
  unsettled = 0;
  most = 0;

  constructor(private readonly handle: (message: WorkMessage, worker: Worker) => void = () => undefined) {}

  readonly onWork = (message: WorkMessage): void => {
    this.got.push(message);
    this.unsettled++;
    this.most = Math.max(this.most, this.unsettled);
    this.handle(message, this);
  };
  readonly onError = (error: Error): void => void this.errors.push(error);
  get bodies(): string[] {
    return this.got.map((message) => text(message.body));
  }
}

const acknowledge = (message: WorkMessage, worker: Worker): void => {
  worker.unsettled--;
  message.ack();
};

/** What every work port must do; `makeWork` gives a fresh, empty one for each test. */
export function describeWorkPort(name: string, makeWork: () => Promise<WorkHarness>): void {
  describe(`work port: ${name}`, () => {
    let harness: WorkHarness;
    const started: Working[] = [];
    const put = (bodies: readonly string[], queue = 'fast', iommu = 0): Promise<number[]> =>
      appendAll(harness.log, subjectsOf(harness.lab).queueLog(iommu, queue), bodies);
    const start = async (worker: Worker, prefetch = 4, queue = 'fast'): Promise<Working> => {
      const running = await harness.work.work({
        queue,
        prefetch,
        onWork: worker.onWork,
        onError: worker.onError,
      });
      started.push(running);
      return running;
    };
    beforeEach(async () => {
      harness = await makeWork();
    });
    afterEach(async () => {
      for (const running of started.splice(0)) await running.stop();
      await harness.close();
    });

    describeDelivery(start, put, () => harness);
    describeSettlement(start, put);
  });
}

type Start = (worker: Worker, prefetch?: number, queue?: string) => Promise<Working>;
type Put = (bodies: readonly string[], queue?: string, iommu?: number) => Promise<number[]>;

function describeDelivery(start: Start, put: Put, harness: () => WorkHarness): void {
  it('delivers what its queue got, of all IOMMUs, before and after the start, in order', async () => {
    await put(['a', 'b']);
    await put(['other'], 'slow');
    const worker = new Worker(acknowledge);
    await start(worker);
    await put(['c'], 'fast', 3);
    await appendAll(harness().log, subjectsOf(harness().lab).hwLog(0), ['not work']);
    await put(['d']);
    await eventually('four messages', () => worker.got.length === 4);
    expect(worker.bodies).toEqual(['a', 'b', 'c', 'd']);
    expect(worker.got.map((message) => message.sequence)).toEqual([1, 2, 4, 6]);
    expect(worker.got[2]).toMatchObject({
      subject: subjectsOf(harness().lab).queueLog(3, 'fast'),
      deliveries: 1,
    });
    expect(worker.got[0]?.headers.unit).toBe('iommu.0');
  });

  it('holds at most the prefetch unsettled, and fills up as messages are settled', async () => {
    await put(numbered(20));
    const worker = new Worker();
    await start(worker, 3);
    await eventually('a full worker', () => worker.got.length === 3);
    const settle = (message: WorkMessage): void => acknowledge(message, worker);
    // Settling one by one, each time the worker is full again, would show a fourth message if there were one.
    for (let n = 0; n < 17; n++) {
      settle(worker.got[n] as WorkMessage);
      await eventually(`message ${n + 4}`, () => worker.got.length === n + 4);
    }
    expect(worker.most).toBe(3);
    expect(worker.bodies).toEqual(numbered(20));
  });

  it('shares a queue between two workers, each message to one of them', async () => {
    const one = new Worker(acknowledge);
    const two = new Worker(acknowledge);
    await start(one, 2);
    await start(two, 2);
    await put(numbered(60));
    await eventually('60 messages', () => one.got.length + two.got.length === 60);
    expect([...one.bodies, ...two.bodies].sort()).toEqual(numbered(60).sort());
    expect(Math.min(one.got.length, two.got.length)).toBeGreaterThan(0);
  });

  it('gives a stopped worker nothing more, and its settlements still count', async () => {
    const leaving = new Worker();
    const running = await start(leaving, 1);
    await put(['a', 'b']);
    await eventually('the first message', () => leaving.got.length === 1);
    await running.stop();
    leaving.got[0]?.ack();
    const staying = new Worker(acknowledge);
    await start(staying);
    await put(['c']);
    await eventually('the rest', () => staying.bodies.includes('b') && staying.bodies.includes('c'));
    expect(staying.bodies).not.toContain('a');
    expect(leaving.bodies).toEqual(['a']);
  });
}

function describeSettlement(start: Start, put: Put): void {
  it('tells how long a worker has', async () => {
    expect((await start(new Worker())).ackWaitMillis).toBe(CONTRACT_ACK_WAIT_MILLIS);
  });

  it('delivers again what was given back, and counts the deliveries', async () => {
    const worker = new Worker((message, self) => {
      self.unsettled--;
      if (message.deliveries < 3) message.retry(message.deliveries === 1 ? 0 : 20);
      else message.ack();
    });
    await start(worker);
    await put(['again']);
    await eventually('three deliveries', () => worker.got.length === 3);
    expect(worker.got.map((message) => message.deliveries)).toEqual([1, 2, 3]);
    expect(new Set(worker.got.map((message) => message.sequence)).size).toBe(1);
  });

  it('delivers again what nobody settled in time, but not what was settled or terminated', async () => {
    const worker = new Worker((message, self) => {
      const body = text(message.body);
      if (body === 'silent' && message.deliveries === 1) return;
      self.unsettled--;
      if (body === 'poison') message.terminate('cannot be decoded');
      else message.ack();
    });
    await start(worker, 8);
    await put(['acknowledged', 'poison', 'silent']);
    // The deadline of all three has passed when the silent one comes again.
    await eventually('the second delivery', () => worker.got.some((message) => message.deliveries === 2));
    await put(['after']);
    await eventually('the next message', () => worker.bodies.includes('after'));
    expect(worker.bodies).toEqual(['acknowledged', 'poison', 'silent', 'silent', 'after']);
  });

  it('waits for a worker that says it is still at it', async () => {
    const busy = new Worker();
    await start(busy, 1);
    await put(['long']);
    const message = await eventually('the message', () => busy.got[0]);
    const until = performance.now() + CONTRACT_ACK_WAIT_MILLIS * 2.5;
    const idle = new Worker(acknowledge);
    await start(idle);
    await eventually('more than two deadlines', () => {
      message?.extend();
      return performance.now() > until;
    });
    expect(idle.got.length).toBe(0);
    message?.ack();
  });

  it('reports a handler that throws, and delivers its message again', async () => {
    const worker = new Worker((message, self) => {
      self.unsettled--;
      if (message.deliveries === 1 && text(message.body) === 'bad') throw new Error('handler broke');
      message.ack();
    });
    await start(worker);
    await put(['bad', 'good']);
    await eventually('the retry', () => worker.got.length === 3);
    expect(worker.errors.map((error) => error.message)).toEqual(['handler broke']);
    expect(worker.bodies).toEqual(['bad', 'good', 'bad']);
    const delays = [1, 2, 3, 6, 1_000_000].map(retryDelayMillis);
    expect(delays).toEqual([1_000, 2_000, 4_000, 30_000, 30_000]);
  });
}
