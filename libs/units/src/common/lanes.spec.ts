import { type DeviceSilent, invalidateSchema, type InvalidatePages, type Sender } from '@faultline/contracts';
import { LaneRejected, LaneUnavailable, UnitClosed } from '@faultline/hosting';
import { eventually, rejectionOf } from '../../../hosting/src/testkit/eventually.testkit';
import { LaneClient, serveLane } from './lanes';
import { MemoryUnitPorts } from '../testkit/memory-unit.testkit';

type LaneRecord = Sender | InvalidatePages | DeviceSilent;
const SUBJECT = 'lab.cmd.iommu.0.invalidate';
const order = (pasid: number): InvalidatePages => ({
  kind: 'InvalidatePages',
  device: -1,
  pasid,
  mm: 1,
  shard: 0,
  sequence: 1,
  ranges: [],
});
const head = (epoch: number): Uint8Array =>
  invalidateSchema.encode([{ kind: 'Sender', unit: 'iommu.0', epoch }]);

function clientOf(
  ports: MemoryUnitPorts,
  onReply?: (reply: LaneRecord[], batch: readonly InvalidatePages[]) => void,
) {
  return new LaneClient<InvalidatePages, LaneRecord>(ports, {
    subject: SUBJECT,
    schema: invalidateSchema,
    sender: { unit: 'mm.0', epoch: 3 },
    onReply,
  });
}

/** Lets time pass until the condition holds, for timers as well as for promises. */
function advanceUntil(ports: MemoryUnitPorts, what: string, condition: () => boolean): Promise<boolean> {
  return eventually(what, () => {
    ports.clock.advance(50_000);
    return condition();
  });
}

/** Serves the lane by `answer`, which throws for what it does not take. The PASIDs of each request are kept as they come. */
async function serveOrders(
  ports: MemoryUnitPorts,
  answer: (pasids: readonly number[]) => void,
): Promise<number[][]> {
  const batches: number[][] = [];
  await ports.lanes.serve(
    SUBJECT,
    (body) => {
      const pasids = invalidateSchema
        .decode(body)
        .flatMap((each) => (each.kind === 'InvalidatePages' ? each.pasid : []));
      batches.push(pasids);
      answer(pasids);
      return head(1);
    },
    () => undefined,
  );
  return batches;
}

describe('lanes', () => {
  it('a batch begins with its sender, and a request resolves with the reply', async () => {
    const ports = new MemoryUnitPorts();
    const seen: LaneRecord[][] = [];
    await serveLane(ports, SUBJECT, invalidateSchema, 'iommu.0', (records) => {
      seen.push(records);
      return head(1);
    });
    const client = clientOf(ports);
    let answered = 0;
    void client.request(order(1)).then(() => (answered += 1));
    void client.request(order(2)).then(() => (answered += 1));
    await advanceUntil(ports, 'the reply', () => answered === 2);
    expect(seen).toEqual([[{ kind: 'Sender', unit: 'mm.0', epoch: 3 }, order(1), order(2)]]);
  });

  it('waits for a lane that nobody serves yet, and loses nothing', async () => {
    const ports = new MemoryUnitPorts();
    const client = clientOf(ports);
    let answered = false;
    void client.request(order(1)).then(() => (answered = true));
    ports.clock.advance(500_000);
    await serveLane(ports, SUBJECT, invalidateSchema, 'iommu.0', () => head(1));
    await advanceUntil(ports, 'the reply', () => answered);
    expect(ports.failures).toEqual([]);
  });

  it('who waits for an answer is told when this end is closed, and so is who asks only then', async () => {
    const ports = new MemoryUnitPorts();
    const client = clientOf(ports);
    const waiting = [rejectionOf(client.request(order(1))), rejectionOf(client.greet())];
    ports.clock.advance(500_000);
    client.close();
    waiting.push(rejectionOf(client.request(order(2))));
    for (const each of waiting) expect(await each).toBeInstanceOf(UnitClosed);
  });

  it('D4 a reply of an older epoch than the newest seen counts for nothing: the batch is sent again', async () => {
    const ports = new MemoryUnitPorts();
    const epochs = [2, 1, 2];
    let asked = 0;
    await serveLane(ports, SUBJECT, invalidateSchema, 'iommu.0', () => head(epochs[asked++] ?? 2));
    const replies: number[] = [];
    const client = clientOf(ports, (reply) => replies.push((reply[0] as Sender).epoch));
    let answered = 0;
    void client.request(order(1)).then(() => (answered += 1));
    await advanceUntil(ports, 'the first reply', () => answered === 1);
    void client.request(order(2)).then(() => (answered += 1));
    await advanceUntil(ports, 'the second reply', () => answered === 2);
    expect([asked, replies]).toEqual([3, [2, 2]]);
  });

  it('a request that cannot be decoded goes to the dead letters, its sender is told, and the lane goes on', async () => {
    const ports = new MemoryUnitPorts();
    let served = 0;
    await serveLane(ports, SUBJECT, invalidateSchema, 'iommu.0', () => {
      served += 1;
      return head(1);
    });
    await expect(ports.lanes.request(SUBJECT, Uint8Array.of(1, 2, 3), 1_000)).rejects.toBeInstanceOf(
      LaneRejected,
    );
    expect(ports.buried).toEqual([
      { subject: SUBJECT, reason: expect.stringMatching(/too short/) as string },
    ]);
    await ports.lanes.request(SUBJECT, head(1), 1_000);
    expect([served, ports.failures]).toEqual([1, []]);
  });

  it('a rejection ends the service that sent it: sending it again would change nothing', async () => {
    const ports = new MemoryUnitPorts();
    await ports.lanes.serve(
      SUBJECT,
      () => {
        throw new LaneRejected(SUBJECT, 'not like this');
      },
      () => undefined,
    );
    clientOf(ports).push(order(1));
    await advanceUntil(ports, 'the failure', () => ports.failures.length > 0);
    expect(ports.failures[0]?.message).toMatch(/not like this/);
  });

  it('D12 where rejections are dealt with, one hits the record it is about, and the others of its batch are answered', async () => {
    const ports = new MemoryUnitPorts();
    const batches = await serveOrders(ports, (pasids) => {
      if (pasids.includes(2)) throw new LaneRejected(SUBJECT, 'not this one');
    });
    const [answered, rejected] = [[] as number[], [] as [number, string][]];
    const client = new LaneClient<InvalidatePages, LaneRecord>(ports, {
      subject: SUBJECT,
      schema: invalidateSchema,
      sender: { unit: 'mm.0', epoch: 3 },
      onReply: (_reply, batch) => answered.push(...batch.map(({ pasid }) => pasid)),
      onRejected: (rejection, { pasid }) => rejected.push([pasid, rejection.reason]),
    });
    for (const pasid of [1, 2, 3]) client.push(order(pasid));
    await advanceUntil(ports, 'all of the batch', () => answered.length + rejected.length === 3);
    client.push(order(2));
    client.push(order(4));
    await advanceUntil(ports, 'the next batch', () => answered.length + rejected.length === 5);
    expect(batches).toEqual([[1, 2, 3], [1], [2], [3], [2, 4], [2], [4]]);
    expect([answered, rejected]).toEqual([
      [1, 3, 4],
      [
        [2, 'not this one'],
        [2, 'not this one'],
      ],
    ]);
    expect(ports.failures).toEqual([]);
  });

  it('D12 who waits for a record that is rejected is told, and a batch that is sent again has records only', async () => {
    const ports = new MemoryUnitPorts();
    let unavailable = 1;
    const batches = await serveOrders(ports, (pasids) => {
      if (pasids.includes(2)) throw new LaneRejected(SUBJECT, 'not this one');
      // The first one is answered by then, and comes again with all of its batch.
      if (pasids.includes(3) && unavailable-- > 0) throw new LaneUnavailable(SUBJECT, 'timeout');
    });
    const rejected: number[] = [];
    const client = new LaneClient<InvalidatePages, LaneRecord>(ports, {
      subject: SUBJECT,
      schema: invalidateSchema,
      sender: { unit: 'mm.0', epoch: 3 },
      onRejected: (_rejection, { pasid }) => rejected.push(pasid),
    });
    const answered: number[] = [];
    for (const pasid of [1, 2]) void client.request(order(pasid)).then(() => answered.push(pasid));
    client.push(order(3));
    await advanceUntil(ports, 'the batch', () => batches.length === 8 || ports.failures.length > 0);
    expect(ports.failures).toEqual([]);
    expect(batches).toEqual([[1, 2, 3], [1], [2], [3], [1, 2, 3], [1], [2], [3]]);
    expect([answered, rejected]).toEqual([
      [1, 2],
      [2, 2],
    ]);
  });
});
