import { iommuQueueSchema, subjectsOf } from '@faultline/contracts';
import { type GroupHandled, type GroupQueued, Permission, ResponseCode } from '@faultline/domain';
import { ShardLanes } from '@faultline/units';
import { Laboratory } from '../kit/laboratory';
import { eventsOf, vmas } from '../kit/rule-drafts';
import { replacing, type Sabotage, sabotaged } from '../kit/sabotage';
import { BASE_PAGE, scenarioOf } from '../kit/scenario';
import { NO_TROUBLE, virtualPorts } from '../kit/virtual-ports';
import { VirtualWorld } from '../kit/virtual-world';

/** A group whose members belong to processes of several shards (D7). No device of ours makes one, so the log is given one. */

const OUTSIDE = BASE_PAGE + 4_096;
/** PASID and page of each member: shard 1, shard 0, no area of shard 1, shard 0 again. */
const MEMBERS = [
  [1, BASE_PAGE],
  [2, BASE_PAGE + 1],
  [1, OUTSIDE],
  [2, BASE_PAGE + 2],
] as const;

const group: GroupQueued = {
  kind: 'GroupQueued',
  ...{ order: 0, group: 1, groupEpoch: 1, device: 0, model: 'pri', pasid: 2, groupId: 0 },
  queue: 'iommu-0',
  queuedAtMicros: 0,
  members: MEMBERS.map(([pasid, page], place) => ({
    ...{ segment: 0, segmentEpoch: 1, request: place + 1, device: 0, pasid, generation: 1, page, offset: 0 },
    permissions: Permission.READ | Permission.WRITE,
    ...{ groupId: 0, last: place === MEMBERS.length - 1, round: 0, sentAtMicros: 0, writtenAtMicros: 0 },
  })),
};

/** What a worker and two shards make of the group: its result, and the pages that were mapped. */
async function handled(): Promise<{ result: GroupHandled | undefined; installed: [number, number][] }> {
  const world = new VirtualWorld(1);
  const ports = virtualPorts(world, 'virtual', NO_TROUBLE);
  const scenario = scenarioOf({
    shards: 2,
    processes: [{ vmas }, { vmas }],
    devices: [{}, { workloads: [{ mm: 1 }] }],
  });
  const laboratory = new Laboratory('virtual', scenario, () => ports);
  await world.settle(laboratory.start());
  const { name: schema, version } = iommuQueueSchema;
  await world.settle(
    ports.log.append({
      subject: subjectsOf('virtual').queueLog(0, group.queue),
      headers: { schema, version, unit: 'iommu.0', epoch: 1, cycle: 99 },
      body: iommuQueueSchema.encode([group]),
      id: 'given',
    }),
  );
  const log = () =>
    Array.from({ length: 1_000 }, (_, place) => ports.memory.at(place + 1)).filter(
      (each) => each !== undefined,
    );
  const results = () => eventsOf({ log: log() }, 'GroupHandled');
  let steps = 0;
  await world.until(() => {
    if ((steps += 1) > 2_000) throw new Error('no worker handles the group');
    return results().length > 0;
  });
  await world.settle(laboratory.stop());
  const installed = eventsOf({ log: log() }, 'PageInstalled').map(({ mm, page }): [number, number] => [
    mm,
    page,
  ]);
  return { result: results()[0], installed: installed.sort(([one], [other]) => one - other) };
}

const right = {
  result: {
    code: ResponseCode.INVALID,
    members: [
      { resolution: 'minor', error: 'none' },
      { resolution: 'minor', error: 'none' },
      { resolution: 'invalid', error: 'no-vma' },
      { resolution: 'skipped', error: 'none' },
    ],
  },
  installed: [
    [0, BASE_PAGE],
    [1, BASE_PAGE + 1],
  ],
};

it('D7 members go in order to the shards of their PASIDs, up to the first error', async () => {
  expect(await handled()).toMatchObject(right);
});

type Handle = [shard: number, ...rest: unknown[]];
const toOneShard: Sabotage = replacing<ShardLanes, Handle, void>(
  ShardLanes,
  'handle',
  (original) =>
    (self, [, ...rest]) =>
      original(self, [0, ...rest]),
);
/** An error is written over for as long as the worker decides whether to go on. */
const goesOn: Sabotage = replacing<
  ShardLanes,
  [number, unknown, (result: { code: ResponseCode }) => void],
  void
>(
  ShardLanes,
  'handle',
  (original) =>
    (self, [shard, members, done]) =>
      original(self, [shard, members, (result) => done({ ...result, code: ResponseCode.SUCCESS })]),
);

it('D7 is noticed to be missing when one shard gets all members', async () => {
  const { result, installed } = await sabotaged(toOneShard, handled);
  expect(result?.members[0]).toEqual({ resolution: 'invalid', error: 'not-bound' });
  expect(installed).not.toEqual(right.installed);
});

it('D7 is noticed to be missing when a worker goes on after an error', async () => {
  const { installed } = await sabotaged(goesOn, handled);
  expect(installed).toEqual([...right.installed, [1, BASE_PAGE + 2]]);
});
