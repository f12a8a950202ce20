import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { FaultSampler } from '@faultline/contracts';
import { goodLog } from '../../../../../libs/audit/src/log.testkit';
import { ApiBench } from '../api.testkit';

interface Fault {
  id: string;
  traceId: string | null;
  page: number;
  totalMicros: number | null;
  stages: Record<string, number | null>;
}
interface List {
  faults: Fault[];
  nextCursor: string | null;
  projectedTo: number;
}
interface Timeline {
  fault: Fault;
  traceUrl: string | null;
  events: { sequence: number; atMicros: number | null; event: { kind: string } }[];
}

const api = new ApiBench();
const run = '20250101-000000-aaaa';
const crashed = '20240101-000000-open';
const faults = `/api/runs/${run}/faults`;
beforeAll(async () => {
  await api.run(run);
  await api.run(crashed, { ended: false });
  // Nothing can be made where this leads.
  const shut = await api.run('20240101-000000-shut', { ended: false });
  symlinkSync('/no/such/folder/projections.sqlite', join(shut.path, 'projections.sqlite'));
  await api.open();
});
afterAll(() => api.clear());

const ids = async (query: string): Promise<string[]> =>
  (await api.get<List>(`${faults}?${query}`)).body.faults.map(({ id }) => id);

it('lists faults by what they were about', async () => {
  expect(await ids('')).toEqual(['0.1.1', '0.1.2', '0.1.3', '0.1.4', '0.1.5', '0.1.5.1']);
  expect(await ids('device=1')).toEqual(['0.1.5', '0.1.5.1']);
  expect(await ids('code=auto-success')).toEqual(['0.1.4']);
  expect(await ids('page=0x66&pasid=7')).toEqual(['0.1.2', '0.1.3']);
  expect(await ids('page=102&device=1')).toEqual([]);
});

it.each(['total', 'queueWait', 'mm', 'retry'])('lists faults by the time of %s', async (stage) => {
  const { body } = await api.get<List>(`${faults}?order=slowest&stage=${stage}`);
  const times = body.faults.map(
    (fault) => (stage === 'total' ? fault.totalMicros : fault.stages[stage]) ?? NaN,
  );
  expect(times.length).toBeGreaterThan(2);
  expect(times).toEqual([...times].sort((one, other) => other - one));
  const [, second = 0] = times;
  expect(await ids(`stage=${stage}&minMicros=${second}&maxMicros=${second}`)).toEqual(
    body.faults.filter((_, place) => times[place] === second).map(({ id }) => id),
  );
});

it('pages through a listing once, and says how far it is complete', async () => {
  for (const order of ['identity', 'slowest']) {
    const pages = await api.pages<List>(`${faults}?limit=2&order=${order}`);
    for (const page of pages)
      expect(page).toMatchObject({ projectedTo: goodLog().length, recordedTo: goodLog().length });
    expect(pages.map((page) => page.faults.length)).toEqual([2, 2, 2]);
    const seen = pages.flatMap((page) => page.faults.map(({ id }) => id));
    expect([order, [...seen].sort()]).toEqual([order, await ids('')]);
  }
});

it('shows one fault with its events in the order of the log', async () => {
  const { body } = await api.get<Timeline>(`${faults}/0.1.2`);
  expect(body.fault).toMatchObject({ id: '0.1.2', page: 102, code: 'success', settlement: 'retried' });
  expect(body.events.map(({ event }) => event.kind)).toEqual([
    ...['GroupQueued', 'PageRequestQueued', 'GroupHandled', 'GroupResponded', 'AccessRetried'],
  ]);
  const sequences = body.events.map(({ sequence }) => sequence);
  expect(sequences).toEqual([...sequences].sort((one, other) => one - other));
  expect(body.events.every(({ atMicros }) => atMicros !== null && atMicros > 1.6e15)).toBe(true);
});

it('lists the faults of a run that did not end, by laying them out when they are asked for', async () => {
  const other = new ApiBench(api.runs);
  await other.open();
  // Two services that are asked at once do it once.
  const lists = await Promise.all(
    [api, other, api].map((each) => each.get<List>(`/api/runs/${crashed}/faults`)),
  );
  for (const { status, body } of lists) {
    expect([status, body.projectedTo]).toEqual([200, goodLog().length]);
    expect(body.faults.map(({ id }) => id)).toEqual(await ids(''));
  }
  const counters = await Promise.all(
    [run, crashed].map((each) => api.get<Record<string, unknown>>(`/api/runs/${each}/counters`)),
  );
  expect(counters[1]?.body['counters']).toEqual(counters[0]?.body['counters']);
  await other.close();
});

it('says what the trace of a fault is called, and where it is, of a run that was traced alone', async () => {
  const viewed = new ApiBench(api.runs);
  await viewed.open({ config: { traceUrl: 'http://viewer/trace/TRACE_ID?of=TRACE_ID' } });
  const id = '20230101-000000-trac';
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const folder = await api.run(id, {
    tracedShare: 1,
    messages: goodLog().map((each) => ({ ...each, headers: { ...each.headers, traceparent } })),
  });
  const { body } = await api.get<List>(`/api/runs/${id}/faults?order=slowest`);
  expect(body.faults).toHaveLength(6);
  for (const fault of body.faults) {
    const [segment = 0, segmentEpoch = 0, request = 0, stallRound = 0] = fault.id.split('.').map(Number);
    const identity = { segment, segmentEpoch, request, stallRound };
    const { traceId } = new FaultSampler('lab', 1).rootOf(identity);
    const path = `/api/runs/${id}/faults/${fault.id}`;
    const [timeline, linked] = await Promise.all([api.get<Timeline>(path), viewed.get<Timeline>(path)]);
    expect([fault.traceId, timeline.body.fault.traceId, timeline.body.traceUrl]).toEqual([
      traceId,
      traceId,
      null,
    ]);
    expect(linked.body.traceUrl).toBe(`http://viewer/trace/${traceId}?of=${traceId}`);
  }
  const { body: untraced } = await viewed.get<List>(faults);
  expect(untraced.faults.map(({ traceId }) => traceId)).toEqual(Array(6).fill(null));
  const { body: one } = await viewed.get<Timeline>(`${faults}/0.1.2`);
  expect([one.fault.traceId, one.traceUrl]).toEqual([null, null]);
  await viewed.close();
  rmSync(folder.path, { recursive: true });
});

it.each([
  [`${faults}?limit=1001`, 400, 'RequestInvalid'],
  [`${faults}?device=nic0`, 400, 'RequestInvalid'],
  [`${faults}?page=0xz`, 400, 'RequestInvalid'],
  [`${faults}?code=maybe`, 400, 'RequestInvalid'],
  [`${faults}?stage=lunch`, 400, 'RequestInvalid'],
  [`${faults}?minMicros=long`, 400, 'RequestInvalid'],
  [`${faults}?devise=1`, 400, 'RequestInvalid'],
  [`${faults}?order=random`, 400, 'RequestInvalid'],
  [`${faults}?cursor=x`, 400, 'CursorInvalid'],
  [`${faults}?order=slowest&cursor=0:1:1:0`, 400, 'CursorInvalid'],
  [`${faults}/0.1.9`, 404, 'NotInRun'],
  [`${faults}/0.1`, 400, 'RequestInvalid'],
  ['/api/runs/20240101-000000-shut/faults', 409, 'NotProjected'],
])('%s is refused', async (path, status, error) => {
  const answer = await api.get(path);
  expect([answer.status, answer.body]).toEqual([status, { error, message: expect.any(String) as string }]);
});
