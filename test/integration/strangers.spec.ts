import { type PageRequestMessage, pageRequestSchema, segmentSchema } from '@faultline/contracts';
import {
  AppendRefused,
  Deposed,
  LaneRejected,
  type LogAppend,
  memoryPorts,
  type MemoryPorts,
  UnitJournal,
} from '@faultline/hosting';
import { rejectionOf, TestClock } from '../../libs/hosting/src/testkit/eventually.testkit';
import { complaintsOf, auditLog } from '../kit/audit-log';
import { Laboratory } from '../kit/laboratory';
import { BASE_PAGE, scenarioOf } from '../kit/scenario';
import { NO_TROUBLE, virtualPorts } from '../kit/virtual-ports';
import { VirtualWorld } from '../kit/virtual-world';

const subject = 'lab.log.segment.0';

describe('the journal of a unit whose subject others write to', () => {
  let ports: MemoryPorts;
  let journal: UnitJournal;
  beforeEach(async () => {
    ports = memoryPorts({ lab: 'lab', clock: new TestClock() });
    journal = new UnitJournal(ports.log, ports.clock, 'segment.0', 1, 'owner');
    await write();
  });

  const write = (): Promise<void> =>
    journal.write([[{ subject, schema: segmentSchema, body: segmentSchema.encode([]) }]]);
  const foreign = (unit: string, epoch: number, id: string): LogAppend => ({
    subject,
    headers: { schema: 'segment', version: 1, unit, epoch, cycle: 1 },
    body: new Uint8Array(3),
    id,
  });

  it('goes on behind strangers, whatever they claim to be the epoch', async () => {
    await ports.log.append(foreign('stranger', 0, 'a'));
    await ports.log.append(foreign('', 99, 'b'));
    await write();
    expect(journal.lastSequence).toBe(4);
    await write();
    expect(journal.lastSequence).toBe(5);
  });

  it('is deposed by a newer owner, also when strangers wrote behind it', async () => {
    await ports.log.append(foreign('segment.0', 2, 'a'));
    expect(await rejectionOf(write())).toBeInstanceOf(Deposed);
    await ports.log.append(foreign('stranger', 1, 'b'));
    expect(await rejectionOf(write())).toBeInstanceOf(AppendRefused);
  });

  it('refuses to go on beside another owner of its own epoch', async () => {
    await ports.log.append(foreign('segment.0', 1, 'a'));
    expect(await rejectionOf(write())).toBeInstanceOf(AppendRefused);
  });
});

/** A request as the segment will send it first, but of a device that is not there. */
const imitation: PageRequestMessage = {
  kind: 'PageRequestMessage',
  segment: 0,
  request: 1,
  device: 7,
  pasid: 1,
  page: BASE_PAGE,
  permissions: 1,
  groupId: 0,
  last: true,
  round: 0,
  sentAtMicros: 1,
};

it('a refused request does not stand in the way of the one whose number it took', async () => {
  const scenario = scenarioOf({ devices: [{ credits: 1, workloads: [{ accesses: 20, outstanding: 1 }] }] });
  const world = new VirtualWorld(1);
  const ports = virtualPorts(world, 'virtual', NO_TROUBLE);
  const laboratory = new Laboratory('virtual', scenario, () => ports);
  await world.settle(laboratory.start());
  const body = pageRequestSchema.encode([{ kind: 'Sender', unit: 'segment.0', epoch: 1 }, imitation]);
  const refusal = ports.lanes.request('virtual.cmd.iommu.0.page-request', body, 60_000);
  expect(await rejectionOf(world.settle(refusal))).toBeInstanceOf(LaneRejected);
  await world.settle(laboratory.begin());
  await world.until(() => laboratory.advance());
  await world.settle(laboratory.finish());
  const log = ports.memory;
  const messages = Array.from({ length: await log.lastSequence() }, (_, place) => log.at(place + 1)).flatMap(
    (message) => message ?? [],
  );
  expect(complaintsOf(auditLog(messages, scenario))).toEqual([]);
  expect(laboratory.buried['iommu']).toEqual(['found device 7 of segment 0, expected a device of segment 0']);
});
