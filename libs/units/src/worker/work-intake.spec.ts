import {
  costProfiles,
  handleSchema,
  iopfSchema,
  iommuQueueSchema,
  type Redriven,
} from '@faultline/contracts';
import { type GroupHandled, type GroupQueued, ResponseCode } from '@faultline/domain';
import { LaneRejected } from '@faultline/hosting';
import { eventually } from '../../../hosting/src/testkit/eventually.testkit';
import { MemoryUnitPorts } from '../testkit/memory-unit.testkit';
import { GroupHandler } from './group-handler';
import { messageAt, MessageMissing } from './message-at';
import { ResultLog } from './result-log';
import { ShardLanes } from './shard-lanes';
import { WorkIntake } from './work-intake';

const { SUCCESS, FAILURE } = ResponseCode;
const QUEUE = 'iommu-0';
const scenario = {
  timeScale: 1,
  cost: costProfiles.none,
  workers: { processes: 1, servers: 4, groupsPerMessage: 16 },
  shards: [{ shard: 0, frames: 1, swapPages: 0, reclaim: 'lru' as const, faultAround: 1, premap: 1 }],
  iommus: [
    {
      ...{ iommu: 0, name: 'iommu0', segment: 0, model: 'pri' as const, profile: 'riscv' as const },
      ...{ priQueueEntries: 8, eventQueueEntries: 8, iotlbEntries: 8 },
    },
  ],
};

const member = (page: number): GroupQueued['members'][number] => ({
  ...{ segment: 0, segmentEpoch: 1, request: 1, device: 0, pasid: 1, generation: 1, page, offset: 0 },
  ...{ permissions: 1, groupId: 0, last: true, round: 0, sentAtMicros: 1, writtenAtMicros: 1 },
});
const groupOf = (group: number, change: Partial<GroupQueued> = {}): GroupQueued => ({
  ...{ kind: 'GroupQueued', order: group, group, groupEpoch: 3, device: 0, model: 'pri', pasid: 1 },
  ...{ groupId: 0, queue: QUEUE, queuedAtMicros: 1, members: [member(group)] },
  ...change,
});

/** A worker in this process, with a shard that refuses some pages, and the order of what it did. */
class Bench {
  readonly ports = new MemoryUnitPorts();
  readonly intake: WorkIntake;
  readonly steps: string[] = [];
  readonly refusedPages = new Set<number>();

  constructor() {
    const { ports } = this;
    const handler = new GroupHandler(ports, scenario, new ShardLanes(ports, scenario));
    this.intake = new WorkIntake(ports, scenario, handler, new ResultLog(ports));
    const bury = ports.bury.bind(ports);
    ports.bury = (letter, cause) => {
      this.steps.push(`letter: ${cause.message}`);
      return bury(letter, cause);
    };
  }

  async start(): Promise<void> {
    const { ports } = this;
    const subject = ports.subjects.handle(0);
    await ports.lanes.serve(
      subject,
      (body) => this.handle(subject, body),
      () => undefined,
    );
    await ports.log.follow({
      subject: ports.subjects.iopfLog(0),
      fromSequence: 1,
      onMessage: ({ body }) => {
        for (const { epoch, group, code } of iopfSchema.decode(body))
          this.steps.push(`result ${epoch}.${group}: ${code}`);
      },
      onError: (error) => ports.fail(error),
    });
    await ports.work.work({
      queue: QUEUE,
      prefetch: this.intake.prefetch,
      onWork: (message) => {
        const terminate = message.terminate.bind(message);
        const ack = message.ack.bind(message);
        message.terminate = (reason) => {
          this.steps.push('terminated');
          terminate(reason);
        };
        message.ack = () => {
          this.steps.push('acknowledged');
          ack();
        };
        this.intake.take(message);
      },
      onError: (error) => ports.fail(error),
    });
  }

  async put(body: Uint8Array, unit = 'iommu.0', iommu = 0): Promise<void> {
    const before = this.settlements;
    const headers = { schema: 'iommu.queue', version: 1, unit, epoch: 3, cycle: 1 };
    const subject = this.ports.subjects.queueLog(iommu, QUEUE);
    await this.ports.log.append({ subject, headers, body, id: '' });
    await eventually('the message is settled', () => {
      this.ports.clock.advance(50_000);
      return this.settlements > before;
    });
    expect(this.ports.failures).toEqual([]);
  }

  async redrive(subject: string, sequence: number): Promise<Redriven> {
    return this.intake.redrive(await messageAt(this.ports.log, subject, sequence));
  }

  private get settlements(): number {
    return this.steps.filter((step) => step === 'terminated' || step === 'acknowledged').length;
  }

  async results(): Promise<GroupHandled[]> {
    const last = await this.ports.log.last(this.ports.subjects.iopfLog(0));
    return last ? iopfSchema.decode(last.body) : [];
  }

  private handle(subject: string, body: Uint8Array): Uint8Array {
    const requests = handleSchema.decode(body).filter((record) => record.kind === 'HandleRequest');
    const pages = requests.flatMap(({ members }) => members.map(({ page }) => page));
    if (pages.some((page) => this.refusedPages.has(page)))
      throw new LaneRejected(subject, 'a page it refuses');
    return handleSchema.encode([
      { kind: 'Sender', unit: 'mm.0', epoch: 1 },
      ...requests.map(({ run, members }) => ({
        ...{ kind: 'HandleReply' as const, run, code: SUCCESS, handlingAtMicros: 5, handledAtMicros: 6 },
        members: members.map(() => ({ resolution: 'minor' as const, error: 'none' as const })),
      })),
      { kind: 'HandledAt', shard: 0, sequence: 7 },
    ]);
  }
}

let bench: Bench;
beforeEach(async () => {
  bench = new Bench();
  await bench.start();
});

const encode = (...groups: GroupQueued[]): Uint8Array => iommuQueueSchema.encode(groups).slice();
const results = (steps: readonly string[]): string[] => steps.filter((step) => step.startsWith('result'));

it('a message is acknowledged when every result is in the log', async () => {
  await bench.put(encode(groupOf(1), groupOf(2)));
  expect([...results(bench.steps).sort(), bench.steps.at(-1)]).toEqual([
    `result 3.1: ${SUCCESS}`,
    `result 3.2: ${SUCCESS}`,
    'acknowledged',
  ]);
});

it('a message without groups is acknowledged at once', async () => {
  await bench.put(iommuQueueSchema.encode([{ kind: 'IommuOwnerChanged', iommu: 0, epoch: 3 }]));
  expect(bench.steps).toEqual(['acknowledged']);
});

describe('D12 poison: first FAILURE results for what can be named, then the letter, then it is terminated', () => {
  it('a message that is cut short names the groups before the cut', async () => {
    const whole = encode(groupOf(1), groupOf(2), groupOf(3));
    await bench.put(whole.subarray(0, whole.length - 5));
    expect(bench.steps).toEqual([
      `result 3.1: ${FAILURE}`,
      `result 3.2: ${FAILURE}`,
      expect.stringMatching(/ends inside a record at byte \d+; answered FAILURE: group 0\.3\.1, 0\.3\.2$/),
      'terminated',
    ]);
    expect((await bench.results())[0]?.members).toEqual([{ resolution: 'skipped', error: 'none' }]);
  });

  it('a group that can be read but is refused is answered with the others', async () => {
    await bench.put(encode(groupOf(1), groupOf(2, { groupId: 600 }), groupOf(3)));
    expect(results(bench.steps)).toHaveLength(3);
    expect(bench.steps.slice(3)).toEqual([
      expect.stringMatching(/PRG index 600.*answered FAILURE: group 0\.3\.1, 0\.3\.2, 0\.3\.3$/),
      'terminated',
    ]);
  });

  it('where not even a group can be read, the letter says who answers for it', async () => {
    await bench.put(Buffer.from('this is no message of ours'));
    expect(bench.steps).toEqual([
      expect.stringMatching(/does not begin with.*waits for the response timeout of its IOMMU$/),
      'terminated',
    ]);
  });

  it.each([
    ['nobody', 'stranger', 0],
    ['another IOMMU than the subject says', 'iommu.0', 1],
    ['an IOMMU that is not part of the scenario', 'iommu.9', 9],
  ])("groups of %s are not answered in anybody's name", async (_what, unit, iommu) => {
    await bench.put(encode(groupOf(1)), unit, iommu);
    expect(bench.steps).toEqual([
      expect.stringMatching(/expected an IOMMU of the scenario; no group of it could be named/),
      'terminated',
    ]);
  });

  it('a group that the shard rejects is poison; the others of its message and of its batch are handled', async () => {
    bench.refusedPages.add(2);
    await bench.put(encode(groupOf(1), groupOf(2), groupOf(3)));
    expect(results(bench.steps).sort()).toEqual([
      `result 3.1: ${SUCCESS}`,
      `result 3.2: ${FAILURE}`,
      `result 3.3: ${SUCCESS}`,
    ]);
    expect(bench.steps.slice(3)).toEqual([
      expect.stringMatching(/rejected: a page it refuses; answered FAILURE: group 0\.3\.2$/),
      'terminated',
    ]);
    await bench.put(encode(groupOf(4)));
    expect(bench.steps.at(-1)).toBe('acknowledged');
  });

  it('a group with a member of no shard is poison, and its server is free again', async () => {
    const broken = new Bench();
    broken.ports.clock.advance(1);
    const lanes = new ShardLanes(broken.ports, { ...scenario, shards: [] });
    const handler = new GroupHandler(broken.ports, scenario, lanes);
    const intake = new WorkIntake(broken.ports, scenario, handler, new ResultLog(broken.ports));
    Object.assign(broken, { intake });
    await broken.start();
    for (let group = 1; group <= 2 * scenario.workers.servers; group += 1)
      await broken.put(encode(groupOf(group)));
    expect(results(broken.steps)).toHaveLength(2 * scenario.workers.servers);
    expect(broken.steps.at(-2)).toMatch(
      /shard 0 is not part of the scenario; answered FAILURE: group 0\.3\.8/,
    );
  });

  it('a mistake of the program is not: it is told as what it is, and no group is answered for it', () => {
    const lanes = { handle: () => expectNever('a mistake') };
    const handler = new GroupHandler(bench.ports, scenario, lanes as unknown as ShardLanes);
    const done = jest.fn();
    expect(() => handler.handle({ iommu: 0, epoch: 3, group: groupOf(1) }, done)).toThrow('a mistake');
    expect(done).not.toHaveBeenCalled();
  });
});

describe('work that is handled once more', () => {
  it('is read from the log, and whoever asked learns what became of it', async () => {
    await bench.put(encode(groupOf(1)));
    const subject = bench.ports.subjects.queueLog(0, QUEUE);
    const outcome = bench.redrive(subject, 1);
    await eventually('two results', () => {
      bench.ports.clock.advance(1_000);
      return results(bench.steps).length === 2;
    });
    expect(await outcome).toEqual({ poisoned: false });
    await bench.put(Buffer.from('rubbish'));
    const sequence = (await bench.ports.log.last(subject))?.sequence ?? 0;
    expect(await bench.redrive(subject, sequence)).toEqual({
      poisoned: true,
      reason: expect.stringContaining('too short') as string,
    });
  });

  it('is refused when the log does not hold it', async () => {
    const subject = bench.ports.subjects.queueLog(0, QUEUE);
    await expect(bench.redrive(subject, 1)).rejects.toThrow(/the log has no message 1 on/);
    await bench.put(encode(groupOf(1)));
    await bench.put(encode(groupOf(2)));
    await expect(bench.redrive(subject, 2)).rejects.toThrow(MessageMissing);
  });
});

it('says of every message it holds that it is still at it, at a third of the deadline', async () => {
  const extended: number[] = [];
  const { clock } = bench.ports;
  const began = clock.nowMicros();
  const message = {
    ...{ subject: bench.ports.subjects.queueLog(0, QUEUE), sequence: 1, id: '', body: encode(groupOf(1)) },
    ...{ headers: { schema: 'iommu.queue', version: 1, unit: 'iommu.0', epoch: 3, cycle: 1 }, deliveries: 1 },
    ...{ ack: () => undefined, retry: () => undefined, terminate: () => undefined },
    extend: () => extended.push((clock.nowMicros() - began) / 1_000),
  };
  bench.intake.take(message);
  bench.intake.extendWithin(6_000);
  clock.advance(2_000_000);
  clock.advance(2_000_000);
  await eventually('it is settled', () => {
    clock.advance(1_000);
    return results(bench.steps).length > 0;
  });
  expect(extended).toEqual([2_000, 4_000]);
});

function expectNever(reason: string): never {
  throw new Error(reason);
}
