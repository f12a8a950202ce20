import {
  KvUnavailable,
  LaneUnavailable,
  type LogAppend,
  LogUnavailable,
  memoryPorts,
  type WorkMessage,
} from '@faultline/hosting';
import { subjectsOf } from '@faultline/contracts';
import type { LinkTrouble } from './link';
import { linkedPorts } from './linked-ports';
import { Network } from './network';
import { QUICK_NETWORK } from './network-model';
import { VirtualClock } from './virtual-clock';

const HOP_MICROS = 10;
const SLOW = { median: HOP_MICROS, p99: HOP_MICROS };

/** A bus with some processes, each on its cable. */
class Bus {
  readonly clock = new VirtualClock({
    startMicros: 1_000_000,
    settle: (task) => void Promise.resolve().then(() => process.nextTick(task)),
    isAwaited: () => false,
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
  });
  readonly network = new Network({ ...QUICK_NETWORK, hopMicros: SLOW }, this.clock, 7);
  readonly world = memoryPorts({
    lab: 'bus',
    clock: this.clock,
    schedule: this.network.deliver,
    ackWaitMillis: 1,
  });
  private appended = 0;

  of(instance: string) {
    return linkedPorts(this.network.link(instance), this.network, this.world);
  }

  /** Lets time pass. */
  async elapse(micros: number): Promise<void> {
    let isOver = false;
    this.clock.after(micros, () => (isOver = true));
    await this.clock.until(() => isOver);
  }

  /** What became of a promise when so much time has passed. */
  async outcome<T>(promise: Promise<T>, micros = 2_000): Promise<T | Error | 'open'> {
    let outcome: T | Error | 'open' = 'open';
    promise.then(
      (value) => (outcome = value),
      (error: Error) => (outcome = error),
    );
    await this.elapse(micros);
    return outcome;
  }

  message(subject = 'bus.log.lab'): LogAppend {
    const headers = { schema: 's', version: 1, unit: 'u', epoch: 1, cycle: 1 };
    return { subject, headers, body: new Uint8Array([1]), id: `m${(this.appended += 1)}` };
  }

  cut(...instances: string[]): () => void {
    return this.network.trouble('cut', instances);
  }
}

const echo = (body: Uint8Array): Uint8Array => body;

describe('a process that is cut off', () => {
  it('is not acknowledged, hears nothing of the log, and all of it in order when the cable is whole', async () => {
    const bus = new Bus();
    const [a, b] = [bus.of('a'), bus.of('b')];
    const heard: number[] = [];
    await bus.outcome(
      b.log.follow({
        subject: 'bus.log.>',
        fromSequence: 1,
        onMessage: ({ sequence }) => heard.push(sequence),
        onError: fail,
      }),
    );
    const heal = bus.cut('b');
    for (let times = 0; times < 3; times += 1) await bus.outcome(a.log.append(bus.message()));
    expect(await bus.outcome(b.log.append(bus.message()))).toBeInstanceOf(LogUnavailable);
    expect(await bus.outcome(b.owners.put('k', new Uint8Array(0)))).toBeInstanceOf(KvUnavailable);
    const last = b.log.last('bus.log.lab');
    expect(await bus.outcome(last)).toBe('open');
    expect(heard).toEqual([]);
    heal();
    expect(await bus.outcome(last)).toMatchObject({ sequence: 3 });
    expect(heard.slice(0, 3)).toEqual([1, 2, 3]);
  });

  it('reaches who is cut off with it, and nobody else', async () => {
    const bus = new Bus();
    const [a, b, c] = [bus.of('a'), bus.of('b'), bus.of('c')];
    await bus.outcome(b.lanes.serve('lane', echo, fail));
    const ask = (who: typeof a): Promise<Uint8Array> => who.lanes.request('lane', new Uint8Array([5]), 1e6);
    expect(await bus.outcome(ask(c))).toEqual(new Uint8Array([5]));
    const heal = bus.cut('a', 'b');
    expect(await bus.outcome(ask(a))).toEqual(new Uint8Array([5]));
    expect(await bus.outcome(ask(c))).toBeInstanceOf(LaneUnavailable);
    heal();
    expect(await bus.outcome(ask(c))).toEqual(new Uint8Array([5]));
  });

  it('loses what was on its way when the cable broke, the reply too', async () => {
    const bus = new Bus();
    const [a, b] = [bus.of('a'), bus.of('b')];
    let asked = 0;
    const serve = (body: Uint8Array): Uint8Array => {
      asked += 1;
      return body;
    };
    await bus.outcome(b.lanes.serve('lane', serve, fail));
    const reply = a.lanes.request('lane', new Uint8Array([5]), 1e6);
    await bus.elapse(1.5 * HOP_MICROS);
    bus.cut('a');
    expect(await bus.outcome(reply)).toBeInstanceOf(LaneUnavailable);
    expect(asked).toBe(1);
    const appended = b.log.append(bus.message());
    await bus.elapse(0.5 * HOP_MICROS);
    bus.cut('b');
    expect(await bus.outcome(appended)).toBeInstanceOf(LogUnavailable);
    expect(bus.world.log.at(1)).toBeUndefined();
  });
});

describe('messages', () => {
  it('overtake each other on different subjects, and never on one', async () => {
    const bus = new Bus();
    const [a, b] = [bus.of('a'), bus.of('b')];
    const came: [string, number][] = [];
    for (const lane of ['x', 'y'])
      await bus.outcome(b.lanes.serve(lane, (body) => (came.push([lane, body[0] ?? 0]), body), fail));
    bus.network.trouble('reorder', ['a']);
    const all = Array.from({ length: 100 }, (_, place) =>
      a.lanes.request(place % 2 ? 'x' : 'y', new Uint8Array([place]), 1e6),
    );
    await bus.outcome(Promise.all(all), 100_000);
    expect(came).toHaveLength(100);
    for (const lane of ['x', 'y']) {
      const places = came.filter(([of]) => of === lane).map(([, place]) => place);
      expect(places).toEqual([...places].sort((one, other) => one - other));
    }
    const places = came.map(([, place]) => place);
    expect(places).not.toEqual([...places].sort((one, other) => one - other));
  });

  it.each<[LinkTrouble, number, number]>([
    ['slow', 0, 40],
    ['lose', 1, 40],
    ['forget', 1, 40],
  ])('of a cable that is to %s are stored all the same, or sent again', async (trouble, lost, count) => {
    const bus = new Bus();
    const { log, lanes } = bus.of('a');
    await bus.outcome(lanes.serve('lane', echo, fail));
    const heal = bus.network.trouble(trouble, ['a']);
    const asks = Array.from({ length: count }, () =>
      trouble === 'lose' ? lanes.request('lane', new Uint8Array([1]), 1e6) : log.append(bus.message()),
    );
    const settled = await bus.outcome(Promise.allSettled<unknown>(asks), 200_000);
    const rejected = Array.isArray(settled) ? settled.filter(({ status }) => status === 'rejected') : [];
    expect(Math.sign(rejected.length)).toBe(lost);
    expect(rejected.length).toBeLessThan(count);
    if (trouble !== 'lose') expect(bus.world.log.at(count)).toBeDefined();
    heal();
    expect(await bus.outcome(log.append(bus.message()))).toMatchObject({ duplicate: false });
  });

  it('of a queue come again where acknowledgements get lost, or somebody else gets them too', async () => {
    for (const trouble of ['forget', 'redeliver'] as const) {
      const bus = new Bus();
      const { work } = bus.of('a');
      const deliveries: number[] = [];
      const onWork = (message: WorkMessage): void => {
        deliveries.push(message.deliveries);
        message.ack();
      };
      await bus.outcome(work.work({ queue: 'q', prefetch: 50, onWork, onError: fail }));
      const heal = bus.network.trouble(trouble, ['a']);
      const subject = subjectsOf('bus').queueLog(0, 'q');
      for (let times = 0; times < 20; times += 1) await bus.world.log.append(bus.message(subject));
      await bus.elapse(500);
      heal();
      await bus.elapse(20_000);
      expect(deliveries.length).toBeGreaterThan(20);
      const before = deliveries.length;
      await bus.elapse(20_000);
      expect(deliveries.length).toBe(before);
    }
  });

  it('arrive twice where they are to, and the first answer counts', async () => {
    const bus = new Bus();
    const { lanes } = bus.of('a');
    let asked = 0;
    await bus.outcome(lanes.serve('lane', (body) => ((asked += 1), body), fail));
    bus.network.trouble('duplicate', ['a']);
    const asks = Array.from({ length: 40 }, () => lanes.request('lane', new Uint8Array([1]), 1e6));
    await bus.outcome(Promise.all(asks), 100_000);
    expect(asked).toBeGreaterThan(40);
  });
});

it('a reader that throws at a message which was held back ends, as it would have at once', async () => {
  const bus = new Bus();
  const { log } = bus.of('a');
  const errors: string[] = [];
  let heard = 0;
  const onMessage = (): void => {
    heard += 1;
    throw new Error('enough');
  };
  const onError = (error: Error): void => void errors.push(error.message);
  await bus.outcome(log.follow({ subject: 'bus.log.>', fromSequence: 1, onMessage, onError }));
  const heal = bus.cut('a');
  for (let times = 0; times < 3; times += 1) await bus.world.log.append(bus.message());
  await bus.elapse(1_000);
  heal();
  await bus.elapse(1_000);
  expect([heard, errors]).toEqual([1, ['enough']]);
});

function fail(error: Error): never {
  throw error;
}
