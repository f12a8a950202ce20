import { UnitClosed } from '@faultline/hosting';
import { rejectionOf } from '../../../hosting/src/testkit/eventually.testkit';
import { holdLanes } from '../../../hosting/src/testkit/hold-lanes.testkit';
import { SegmentBench, workloadOf } from './fake-iommu.testkit';

const fenced = { kind: 'DeviceFenced', device: 4, cause: 'requested', atMicros: 1 } as const;

async function started(...workloads: Parameters<typeof workloadOf>[0][]): Promise<SegmentBench> {
  const bench = new SegmentBench(workloads.map((change) => workloadOf(change)));
  await bench.start();
  return bench;
}

/** A device whose two accesses in flight have faulted: page requests 1 and 2 are outstanding. */
async function faulting(...workloads: Parameters<typeof workloadOf>[0][]): Promise<SegmentBench> {
  const bench = await started(...workloads);
  void bench.unit.begin();
  await bench.until('the page requests', () => bench.requests.length >= 2);
  return bench;
}

const respond = (groupId: number, code: 0 | 1) =>
  ({
    kind: 'GroupResponded',
    group: groupId + 1,
    groupEpoch: 1,
    device: 4,
    segment: 0,
    groupId,
    pasid: -1,
    code,
    model: 'pri',
    cause: 'handled',
    respondedAtMicros: 1,
  }) as const;

describe('a PASID that is stopped', () => {
  it('R94 R23 the reply comes when what was under way has ended, the stop marker is sent, and the log says so', async () => {
    const bench = await faulting({});
    let reply: string[] | undefined;
    void bench.stop().then((records) => (reply = records.map((record) => record.kind)));
    await bench.until('the withdrawal', () => bench.kinds().includes('AccessesWithdrawn'));
    expect(bench.unit.progress()).toMatchObject({
      total: 20,
      issued: 2,
      ended: 0,
      withdrawn: 18,
      finished: false,
    });
    await bench.say(respond(0, 1));
    await bench.until('the first end', () => bench.unit.progress().ended === 1);
    expect([reply, bench.kinds().includes('PasidStopped')]).toEqual([undefined, false]);
    bench.mapped = true;
    await bench.say(respond(1, 0));
    await bench.until('the reply', () => reply !== undefined);
    expect(reply).toEqual(['Sender', 'PasidStoppedReply']);
    expect(bench.log).toContainEqual({
      kind: 'AccessesWithdrawn',
      device: 4,
      ranges: [{ first: 2, count: 18 }],
    });
    expect(bench.kinds().at(-1)).toBe('PasidStopped');
    await bench.until('the stop marker', () => bench.requests.length === 3);
    expect(bench.requests.at(-1)).toMatchObject({
      kind: 'PageRequestMessage',
      request: 3,
      pasid: 9,
      permissions: 0,
      last: true,
    });
    expect(bench.unit.progress()).toMatchObject({ total: 20, ended: 2, withdrawn: 18, finished: true });
  });

  it('asked again it is answered at once; a PASID never used stops at once', async () => {
    const bench = await started({});
    for (const pasid of [9, 9, 77]) await bench.until('the reply', bench.stop(pasid));
    expect(bench.kinds().filter((kind) => kind === 'PasidStopped')).toHaveLength(2);
  });

  it('R102 goes to the process that starts later: its workload was not withdrawn, and begins only then', async () => {
    const bench = await faulting({ accesses: 2 }, { mm: 1, accesses: 3 });
    await bench.say(respond(0, 1), respond(1, 1));
    await bench.until('the reply', bench.stop());
    expect(bench.unit.progress()).toMatchObject({
      total: 5,
      issued: 2,
      ended: 2,
      withdrawn: 0,
      finished: true,
    });
    bench.mapped = true;
    await bench.until('the start', bench.unit.startProcess(1));
    await bench.until('the end', () => bench.unit.progress().ended === 5);
    expect(bench.kinds()).toContain('PasidStarted');
    const hits = bench.log.filter((event) => event.kind === 'AccessesHit').flatMap((event) => event.ranges);
    expect(hits.map((range) => range.first)[0]).toBe(2);
    expect(hits.reduce((sum, range) => sum + range.count, 0)).toBe(3);
  });

  it('a request for a device of another segment goes to the dead letters', async () => {
    const bench = await started({});
    await expect(bench.invalidate(5)).rejects.toThrow(/device 5/);
    expect(bench.ports.buried).toMatchObject([{ reason: expect.stringMatching(/device 5/) as string }]);
  });

  it('D4 what a deposed IOMMU asks for is not done', async () => {
    const bench = await started({});
    await bench.until('the reply to the new owner', bench.stop(77, 2));
    const reply = bench.stop(9, 1);
    await bench.until('the reply to the old owner', reply);
    expect((await reply).map((record) => record.kind)).toEqual(['Sender']);
    expect(bench.log.filter((event) => event.kind === 'PasidStopped')).toMatchObject([{ pasid: 77 }]);
  });

  it('a segment that goes out of service lets nobody wait: its reply says nothing of the PASID', async () => {
    const bench = await faulting({});
    const reply = bench.stop();
    await bench.until('the stop', () => bench.kinds().includes('AccessesWithdrawn'));
    await bench.until('the end of service', bench.unit.close());
    expect((await reply).map((record) => record.kind)).toEqual(['Sender']);
  });
});

describe('a device that hangs', () => {
  it('D11 R142 is silent and holds its stop until the fence resets it; the reset is told in the numbered sequence', async () => {
    const bench = await faulting({}, { pasid: 10, accesses: 1 });
    bench.mapped = true;
    await bench.say(respond(0, 0));
    // An access that completed fills the ATC, so that the device may hold a translation.
    await bench.until('an entry in the ATC', () => bench.unit.progress().ended > 0);
    await bench.until('the hang', bench.unit.hang(4));
    let stopped = false;
    void bench.stop().then(() => (stopped = true));
    expect(await bench.invalidate()).toEqual([{ kind: 'DeviceSilent', device: 4 }]);
    expect(await bench.invalidate(-1, 10)).toEqual([]);
    await bench.until('the withdrawal', () => bench.kinds().includes('AccessesWithdrawn'));
    expect(stopped).toBe(false);
    await bench.say(fenced);
    await bench.until('the reply', () => stopped);
    expect(bench.log).toContainEqual(expect.objectContaining({ kind: 'AccessEnded', outcome: 'removed' }));
    await bench.until('the message', () =>
      bench.requests.some((record) => record.kind === 'DeviceResetMessage'),
    );
    const numbers = bench.requests.map((record) => ('request' in record ? record.request : 0));
    expect(numbers).toEqual(numbers.map((_, place) => place + 1));
    expect(await bench.invalidate()).toEqual([]);
  });
});

describe('a device that vanishes', () => {
  it('R104 loses what was under way, withdraws the rest, and is told of in the numbered sequence when it is fenced', async () => {
    const bench = await faulting({}, { mm: 1, accesses: 3 });
    await bench.until('the removal', bench.unit.remove(4));
    await bench.until('the withdrawal', () => bench.unit.progress().withdrawn === 21);
    expect(bench.unit.progress()).toMatchObject({ total: 23, issued: 2, ended: 2, finished: true });
    expect(bench.log.filter((event) => event.kind === 'AccessEnded').map((event) => event.outcome)).toEqual([
      'removed',
      'removed',
    ]);
    await bench.say(respond(0, 0), fenced);
    await bench.until('the message', () => bench.requests.length === 3);
    expect(bench.requests.at(-1)).toEqual({ kind: 'DeviceResetMessage', segment: 0, request: 3, device: 4 });
    expect(bench.kinds()).not.toContain('ResponseUnexpected');
  });
  it('R142 D9 is reset also when it is cut off before the IOMMU has heard of its segment', async () => {
    const bench = new SegmentBench([workloadOf()]);
    // It may have hung since its segment began, and nothing but this reset ends that.
    bench.before = [fenced];
    await bench.start();
    await bench.until('the reset', () =>
      bench.requests.some((record) => record.kind === 'DeviceResetMessage'),
    );
    expect(bench.log.filter(({ kind }) => kind === 'DeviceReset')).toMatchObject([
      { device: 4, request: 0 },
      { device: 4, request: 1 },
    ]);
  });
});

test('a segment that is lost while it opens serves nothing, though its lanes come only then', async () => {
  const bench = new SegmentBench([workloadOf()]);
  const { lanes, subjects } = bench.ports;
  const held = holdLanes(bench.ports.lanes);
  const opening = rejectionOf(bench.unit.start());
  await bench.until('a lane that opens', () => held.asked.length > 0);
  await bench.until('the loss', bench.unit.close());
  held.open();
  await bench.until('the end of the opening', opening);
  expect(await opening).toBeInstanceOf(UnitClosed);
  for (const subject of [subjects.invalidateSegment(0), subjects.stopSegment(0)])
    expect(await rejectionOf(lanes.request(subject, new Uint8Array(0), 1_000))).toMatchObject({
      reason: 'no-responders',
    });
});
