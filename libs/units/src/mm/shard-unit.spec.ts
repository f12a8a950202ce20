import { handleSchema, mmSchema } from '@faultline/contracts';
import { Deposed, UnitClosed } from '@faultline/hosting';
import { rejectionOf } from '../../../hosting/src/testkit/eventually.testkit';
import { holdLanes } from '../../../hosting/src/testkit/hold-lanes.testkit';
import { MmBench, scenarioOf, shardOf } from './mm-bench.testkit';
import { ShardUnit } from './shard-unit';

test('a shard that is lost while it opens serves nothing, though its lane comes only then', async () => {
  const bench = new MmBench();
  const { lanes, subjects } = bench.ports;
  const unit = new ShardUnit(bench.ports, scenarioOf(), shardOf({}), (error) => bench.ports.fail(error));
  const held = holdLanes(bench.ports.lanes);
  const opening = rejectionOf(unit.start());
  await bench.passUntil('a lane that opens', () => held.asked.length > 0);
  await bench.until('the loss', unit.close());
  held.open();
  expect(await bench.until('the end of the opening', opening)).toBeInstanceOf(UnitClosed);
  expect(await rejectionOf(lanes.request(subjects.handle(0), new Uint8Array(0), 1_000))).toMatchObject({
    reason: 'no-responders',
  });
});

test('who waits for invalidations is told when the shard is handed over, and asks its next owner', async () => {
  const bench = await MmBench.started();
  await bench.handle([1, 2], 2);
  bench.answering = false;
  const unmapped = rejectionOf(bench.ask('mm-handler.unmap', { mm: 0, pasid: 9, startPage: 0, pages: 10 }));
  await bench.passUntil('an IOMMU is asked', () => bench.orders.length > 0);
  await bench.until('the hand-over', bench.owner.close('mm.0'));
  expect(await bench.until('the answer', unmapped)).toBeInstanceOf(UnitClosed);
});

/** Somebody else has begun to own the shard, and it does not know. */
async function deposed(): Promise<MmBench> {
  const bench = await MmBench.started();
  await bench.handle([1], 2);
  await bench.ports.log.append({
    subject: bench.ports.subjects.mmLog(0),
    headers: { schema: mmSchema.name, version: mmSchema.version, unit: 'mm.0', epoch: 2, cycle: 1 },
    body: mmSchema.encode([{ kind: 'MmOwnerChanged', shard: 0, epoch: 2 }]),
    id: 'mm.0.2.1',
  });
  return bench;
}

test('D4 a deposed shard fails no fault by what it knew: an area may have been made since', async () => {
  const bench = await deposed();
  const { lanes, subjects } = bench.ports;
  const body = handleSchema.encode([
    { kind: 'Sender', unit: 'worker', epoch: 1 },
    { kind: 'HandleRequest', run: 1, members: [{ pasid: 9, generation: 1, page: 500, permissions: 2 }] },
  ]);
  let answers = 0;
  void lanes.request(subjects.handle(0), body, 60_000).then(() => (answers += 1));
  await bench.passUntil('its loss', () => bench.owner.names.length === 0);
  expect(answers).toBe(0);
});

test.each(['mm-handler.bind', 'mm-handler.unbind'] as const)(
  'D4 nor does it answer %s by what it knew',
  async (verb) => {
    const bench = await deposed();
    const pasid = verb === 'mm-handler.bind' ? 9 : 11;
    expect(await bench.until('the refusal', rejectionOf(bench.ask(verb, { mm: 0, pasid })))).toBeInstanceOf(
      Deposed,
    );
  },
);
