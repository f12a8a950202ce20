import { iommuQueueSchema, mmSchema } from '@faultline/contracts';
import { TEARDOWN_STEPS } from '@faultline/domain';
import { Deposed, ForwardingLog, LaneUnavailable, UnitClosed } from '@faultline/hosting';
import { rejectionOf } from '../../../hosting/src/testkit/eventually.testkit';
import { holdLanes } from '../../../hosting/src/testkit/hold-lanes.testkit';
import { DEADLINE_MICROS, IommuBench, scenarioOf } from './fake-segment.testkit';

const started = (...parts: Parameters<typeof scenarioOf>): Promise<IommuBench> =>
  new IommuBench(scenarioOf(...parts)).start();
const withoutDeadlines = { deadlines: { teardownStepMicros: 0, invalidationMicros: 0 } };
const SECOND = 1_000_000;
/** Steps of a clock that comes to a deadline before a test gives up, and not before what takes no time is done. */
const SLOWLY = SECOND / 20;

describe('an unbind', () => {
  it('R95 asks the device to stop, empties its caches twice, and tells of each step', async () => {
    const bench = await started();
    const { forced, steps } = await bench.until('the end', bench.unit.control.unbind(1, 7));
    expect(forced).toBe(false);
    expect(steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual(
      TEARDOWN_STEPS.map((step) => `${step} done`),
    );
    expect(steps.every(({ micros }) => micros >= 0)).toBe(true);
    expect(bench.stops).toEqual([{ device: 1, pasid: 7 }]);
    expect(bench.invalidated).toEqual([1, 1]);
    expect(bench.kinds().at(-1)).toBe('PasidDrained');
    expect(bench.unit.progress().drained).toBe(true);
  });

  it('R97 ends when the last group of the PASID is answered', async () => {
    const bench = await started();
    await bench.until('the request', bench.ask());
    const end = bench.unit.control.unbind(1, 7);
    await bench.until(
      'the drain',
      () => bench.kinds().filter((kind) => kind === 'TeardownStepped').length === 3,
    );
    expect(bench.unit.progress()).toMatchObject({ pendingGroups: 1, drained: false });
    await bench.handled(1, 0);
    expect(await bench.until('the end', end)).toMatchObject({ forced: false });
  });

  it('R95 of a device that does not stop resets it at the deadline, and a late answer changes nothing', async () => {
    const bench = await started();
    bench.hung.add(1);
    const end = bench.unit.control.unbind(1, 7);
    await bench.until('the request to stop', () => bench.stops.length === 1);
    const { forced, steps } = await bench.until('the end', end, SLOWLY);
    expect(forced).toBe(true);
    expect(steps.map(({ outcome }) => outcome)).toEqual(['expired', 'done', 'done', 'done', 'done']);
    expect(steps[0]?.micros).toBeGreaterThanOrEqual(DEADLINE_MICROS);
    expect(bench.log.filter(({ kind }) => kind === 'DeviceFenced')).toMatchObject([
      { cause: 'stop-timeout' },
    ]);
    expect(bench.kinds().filter((kind) => kind === 'DeviceResetSeen')).toHaveLength(1);
  });

  it('R62 of a device that answers no invalidation asks it again after its reset', async () => {
    const bench = await started();
    const end = bench.unit.control.unbind(1, 7);
    await bench.until('the request to stop', () => {
      if (bench.stops.length === 1) bench.hung.add(1);
      return bench.hung.size === 1 && bench.invalidated.length === 1;
    });
    await bench.until('the reset', bench.unit.control.reset(1));
    expect(await bench.until('the end', end)).toMatchObject({ forced: false });
    expect(bench.log.filter(({ kind }) => kind === 'DeviceFenced')).toMatchObject([{ cause: 'requested' }]);
    expect(bench.invalidated).toEqual([1, 1, 1]);
  });

  it('R95 without deadlines waits for as long as it takes', async () => {
    const bench = await started(withoutDeadlines);
    bench.hung.add(1);
    let isOver = false;
    const end = bench.unit.control.unbind(1, 7).then((report) => ((isOver = true), report));
    await bench.until('the request to stop', () => bench.stops.length === 1);
    bench.ports.clock.advance(20 * SECOND);
    expect(isOver).toBe(false);
    await bench.until('the reset', bench.unit.control.reset(1));
    expect(await bench.until('the end', end)).toMatchObject({ forced: false });
  });

  it('of what is not bound has nothing to do; two askers get one teardown', async () => {
    const bench = await started();
    expect(await bench.until('the end', bench.unit.control.unbind(1, 99))).toEqual({
      forced: false,
      steps: [],
    });
    const both = Promise.all([bench.unit.control.unbind(1, 7), bench.unit.control.unbind(1, 7)]);
    const [one, other] = await bench.until('both', both);
    expect(one).toEqual(other);
    expect(bench.kinds().filter((kind) => kind === 'TeardownBegun')).toHaveLength(1);
  });

  it('R102 a PASID cannot be bound while it is torn down, and the IOMMU goes on', async () => {
    const bench = await started(withoutDeadlines);
    bench.hung.add(1);
    const end = bench.unit.control.unbind(1, 7);
    await bench.until('the request to stop', () => bench.stops.length === 1);
    const binding = { device: 1, pasid: 7, mm: 9, shard: 0, generation: 2 };
    const refused = bench.unit.control.bind(binding).catch((error: Error) => error.name);
    expect(await bench.until('the refusal', refused)).toBe('PasidInUse');
    await bench.until('the reset', bench.unit.control.reset(1));
    await bench.until('the end', end);
    await bench.until('the binding', bench.unit.control.bind(binding));
  });

  it('R104 ends when its device is detached', async () => {
    const bench = await started(withoutDeadlines);
    bench.hung.add(1);
    const end = bench.unit.control.unbind(1, 7);
    await bench.until('the request to stop', () => bench.stops.length === 1);
    await bench.until('the detach', bench.unit.control.detach(1));
    expect(await bench.until('the end', end)).toEqual({ forced: false, steps: [] });
  });
});

describe('an orderly removal', () => {
  it('R103 tears all bindings down, then detaches the device', async () => {
    const bench = await started();
    expect(await bench.until('the end', bench.unit.control.remove(1))).toEqual({ forced: false });
    expect(bench.kinds().filter((kind) => kind === 'PasidDrained')).toHaveLength(2);
    expect(bench.kinds().at(-1)).toBe('DeviceDetached');
    expect(await bench.until('the end', bench.unit.control.remove(1))).toEqual({ forced: false });
  });

  it('R103 says that force was needed', async () => {
    const bench = await started();
    bench.hung.add(2);
    expect(await bench.until('the end', bench.unit.control.remove(2), SLOWLY)).toEqual({ forced: true });
  });
});

describe('an invalidation that a shard asks for', () => {
  it('R62 D11 cuts a silent device off at the deadline, and is complete when the log says so', async () => {
    const bench = await started();
    bench.hung.add(1);
    bench.resets = false;
    await bench.until('the completion', bench.invalidate(7), SLOWLY);
    expect(bench.log.filter(({ kind }) => kind === 'DeviceFenced')).toMatchObject([
      { device: 1, cause: 'invalidation-timeout' },
    ]);
  });

  it('R62 waits no longer than until the device is reset', async () => {
    const bench = await started(withoutDeadlines);
    bench.hung.add(1);
    const end = bench.invalidate(7);
    await bench.until('the order', () => bench.invalidated.length === 1);
    await bench.until('the reset', bench.unit.control.reset(1));
    await bench.until('the completion', end);
  });

  it('R104 waits for no device that is gone', async () => {
    const bench = await started(withoutDeadlines);
    bench.hung.add(1);
    await bench.until('the detach', bench.unit.control.detach(1));
    await bench.until('the completion', bench.invalidate(7));
  });

  it('D4 is not complete when the log shows a newer owner, who need not have read of it', async () => {
    const bench = await started();
    const { ports } = bench;
    await ports.log.append({
      subject: ports.subjects.queueLog(0, 'iommu-0'),
      headers: { schema: iommuQueueSchema.name, version: 1, unit: 'iommu.0', epoch: 2, cycle: 1 },
      body: iommuQueueSchema.encode([{ kind: 'IommuOwnerChanged', iommu: 0, epoch: 2 }]),
      id: 'iommu.0.2.1',
    });
    let answers = 0;
    void bench.invalidate(7).then(() => (answers += 1));
    await expect(bench.until('its loss', () => bench.ports.failures.length)).rejects.toBeInstanceOf(Deposed);
    expect(answers).toBe(0);
  });

  it('D4 is complete when the newest owner of the segment says so: a deposed one has none of its translations', async () => {
    const bench = await started();
    expect(bench.kinds()).not.toContain('SegmentResetSeen');
    await bench.until('a translation', bench.translate(100, 2));
    // It was given when the log had the new owner.
    expect(bench.log).toContainEqual(expect.objectContaining({ kind: 'SegmentResetSeen', segmentEpoch: 2 }));
    let answers = 0;
    void bench.invalidate(7).then(() => (answers += 1));
    await bench.until('the deposed owner is asked again', () => bench.invalidated.length > 1);
    expect(answers).toBe(0);
    bench.segmentEpoch = 2;
    await bench.until('the completion', () => answers === 1);
  });

  it('D4 of a successor is complete when the masters have heard of it, though they cache nothing', async () => {
    const bench = await started({}, 'stall');
    await bench.until('its end', bench.unit.close());
    const held = bench.holdSegment();
    const next = bench.successor();
    next.start().catch(() => undefined);
    let answers = 0;
    await bench.until('its epoch', () => bench.kinds().at(-1) === 'IommuOwnerChanged');
    void bench.until('the completion', bench.invalidate(7)).then(() => (answers += 1));
    await bench.until('the greeting', () => held.asked > 0);
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    expect(answers).toBe(0);
    held.open();
    await bench.until('the completion', () => answers === 1);
  });
});

describe('what else the laboratory asks', () => {
  it('R105 a replacement empties the device’s cache before it is done', async () => {
    const bench = await started();
    await bench.until('the request', bench.ask());
    await bench.until('the group', () => bench.unit.progress().pendingGroups === 1);
    const binding = { device: 1, pasid: 7, mm: 9, shard: 0, generation: 2 };
    await bench.until('the replacement', bench.unit.control.replace(binding));
    expect(bench.invalidated).toEqual([1]);
    expect(bench.kinds().slice(-2)).toEqual(['PasidBound', 'GroupResponded']);
  });

  it('R89 without its queue the IOMMU refuses faults', async () => {
    const bench = await started();
    await bench.until('the queue’s end', bench.unit.control.freeQueue());
    await bench.until('the request', bench.ask());
    await bench.until('the refusal', () => bench.kinds().at(-1) === 'FaultRefused');
    await bench.until('the queue', bench.unit.control.allocQueue());
    await bench.until('the request', bench.ask());
    await bench.until('the group', () => bench.unit.progress().pendingGroups === 1);
  });

  it('a group that nobody answers is answered when its device has waited long enough', async () => {
    const bench = await started();
    await bench.until('a request', bench.ask({ device: 2 }));
    await bench.until('a request', bench.ask());
    await bench.until('the answer', () => bench.kinds().includes('GroupResponded'), SLOWLY);
    expect(bench.log.filter(({ kind }) => kind === 'GroupResponded')).toMatchObject([
      { device: 2, code: 1, cause: 'timeout' },
    ]);
    bench.ports.clock.advance(60 * SECOND);
    expect(bench.unit.progress().pendingGroups).toBe(1);
  });

  it('D14 fair service writes the groups of a turn, held ones first in hw, and goes on when one is answered', async () => {
    const bench = await started({ iopf: { generation: 'G2', order: 'fair', quantum: 1, window: 1 } });
    await bench.until('a request', bench.ask());
    await bench.until('a request', bench.ask());
    await bench.until('both groups', () => bench.unit.progress().pendingGroups === 2);
    const queued = () => bench.kinds().filter((kind) => kind === 'GroupQueued').length;
    await bench.until('the first', () => queued() === 1);
    await bench.handled(1, 1);
    await bench.until('the second', () => queued() === 2);
    expect(bench.log.filter(({ kind }) => kind === 'GroupHeld')).toHaveLength(2);
  });

  it('R40 a batch whose access finds no tag is answered when there is one', async () => {
    const bench = await started({}, 'stall');
    await bench.until('the stall', bench.access());
    const state = bench.unit['host'].state.durable;
    const stalls = state.devices.get(1)?.stalls;
    const [held] = stalls?.values() ?? [];
    if (!stalls || !held) throw new Error('a held transaction');
    for (let tag = 0; tag <= 0xffff; tag += 1) if (!stalls.has(tag)) stalls.set(tag, held);
    let reply: string[] | undefined;
    void bench.access().then((kinds) => (reply = kinds));
    bench.ports.clock.advance(SECOND);
    await Promise.resolve();
    expect(reply).toBeUndefined();
    await bench.handled(1, 1);
    await bench.until('the reply', () => reply !== undefined);
    expect(reply).toEqual(['Sender', 'RequestsAccepted']);
    expect(bench.kinds().slice(-1)).toEqual(['StallRecorded']);
  });
});

test('an IOMMU that is lost while it opens serves nothing, though its lanes come only then', async () => {
  const bench = new IommuBench();
  const { lanes, subjects } = bench.ports;
  const held = holdLanes(bench.ports.lanes);
  const opening = rejectionOf(bench.unit.start());
  await bench.until('a lane that opens', () => held.asked.length > 0);
  await bench.until('the loss', bench.unit.close());
  held.open();
  expect(await bench.until('the end of the opening', opening)).toBeInstanceOf(UnitClosed);
  for (const subject of [subjects.invalidateIommu(0), subjects.translate(0), subjects.pageRequest(0)])
    expect(await rejectionOf(lanes.request(subject, new Uint8Array(0), 1_000))).toMatchObject({
      reason: 'no-responders',
    });
});

test('who waits for a teardown, a reset or a replacement is told when the IOMMU is handed over, and asks its next owner', async () => {
  const bench = await started(withoutDeadlines);
  bench.hung.add(1).add(2);
  bench.resets = false;
  const { control } = bench.unit;
  const binding = { device: 2, pasid: 7, mm: 9, shard: 0, generation: 2 };
  const asked = [control.unbind(1, 7), control.reset(1), control.replace(binding)].map(rejectionOf);
  await bench.until('all of it', () => bench.stops.length === 1 && bench.invalidated.length === 1);
  await bench.until('the hand-over', bench.unit.close());
  for (const each of asked) expect(await bench.until('the answer', each)).toBeInstanceOf(UnitClosed);
});

/** Delivers what it has of the shards only when it is told to. */
class SlowLog extends ForwardingLog {
  private held: (() => void)[] | undefined = [];

  override follow(options: Parameters<ForwardingLog['follow']>[0]): ReturnType<ForwardingLog['follow']> {
    if (!options.subject.includes('.mm.')) return super.follow(options);
    const onMessage = (message: Parameters<typeof options.onMessage>[0]): void => {
      if (this.held) this.held.push(() => options.onMessage(message));
      else options.onMessage(message);
    };
    return super.follow({ ...options, onMessage });
  }

  deliver(): void {
    for (const each of this.held ?? []) each();
    this.held = undefined;
  }
}

describe('an owner that takes over', () => {
  const installed = (frame: number) =>
    ({
      kind: 'PageInstalled',
      mm: 7,
      page: 100,
      frame,
      permissions: 3,
      cause: 'zero-fill',
      major: false,
    }) as const;

  async function takeOver(bench: IommuBench) {
    const { ports } = bench;
    await bench.until('the end of the first owner', bench.unit.close());
    await ports.log.append({
      subject: ports.subjects.mmLog(0),
      headers: { schema: mmSchema.name, version: mmSchema.version, unit: 'mm.0', epoch: 1, cycle: 1 },
      body: mmSchema.encode([{ ...installed(5), prefetched: false }]),
      id: 'mm.0.1',
    });
    const log = new SlowLog(ports.log);
    const next = bench.successor({ log });
    const start = next.start();
    start.catch(() => undefined);
    await bench.until('its epoch', () => bench.kinds().at(-1) === 'IommuOwnerChanged');
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    return { log, next, start };
  }

  it('D3 D4 translates nothing before it has read what the shards had written', async () => {
    const bench = await started();
    const { log, start } = await takeOver(bench);
    expect(await rejectionOf(bench.translate(100))).toBeInstanceOf(LaneUnavailable);
    log.deliver();
    await bench.until('the start', start);
    expect(await bench.until('the translation', bench.translate(100))).toMatchObject([
      { kind: 'Sender', epoch: 2 },
      { kind: 'TranslateReply', status: 'success', frame: 5 },
    ]);
  });

  it('waits no longer when it is lost', async () => {
    const bench = await started();
    const { next, start } = await takeOver(bench);
    const refused = rejectionOf(start);
    await bench.until('its end', next.close());
    expect(await bench.until('the refusal', refused)).toBeInstanceOf(UnitClosed);
  });
});
