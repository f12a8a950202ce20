import { SeededRandom } from '@faultline/domain';
import { foldUnit, unitsOfScenario } from '@faultline/units';
import { ApiBench } from '../../apps/event-log/src/api/api.testkit';
import { plainView } from '../../apps/event-log/src/api/state/plain-view';
import { stateView } from '../../apps/event-log/src/api/state/state-view';
import { foldLog } from '../chaos/kit/fold';
import { type History, historyNames, readHistory } from '../kit/history';

interface State {
  at: number;
  whole: boolean;
  recordedTo: number;
  state: unknown;
  cut: { path: string; size: number; shown: number }[];
}

const api = new ApiBench();
const latest =
  historyNames()
    .filter((name) => name.endsWith('/lifecycle'))
    .at(-1) ?? '';
let history: History;
let run: string;
let end: number;

beforeAll(async () => {
  history = readHistory(latest);
  run = '20250101-000000-aaaa';
  end = history.messages.length;
  await api.run(run, { messages: history.messages, ended: false });
  await api.open();
});
afterAll(() => api.clear());

/** What folding the log by hand gives, as the API shows it. */
function expected(unit: string, at: number, view = { path: '', offset: 0, limit: 100 }): unknown {
  const fold = foldUnit(unit, history.scenario);
  for (const message of history.messages)
    if (message.headers.unit === unit && message.sequence <= at) fold?.take(message);
  if (!fold) throw new Error(`no unit ${unit}`);
  return JSON.parse(JSON.stringify(plainView(stateView(fold.folded), view)));
}

test('every unit is shown as it was at any moment, in whatever order moments are asked for', async () => {
  const random = new SeededRandom(11);
  for (const unit of unitsOfScenario(history.scenario)) {
    for (const at of [end, 1, ...Array.from({ length: 4 }, () => 1 + random.below(end))]) {
      const { status, body } = await api.get<State>(`/api/runs/${run}/state/${unit}?at=${at}`);
      const { state, cut } = body;
      expect([unit, status, body.at, body.recordedTo, { state, cut }]).toEqual([
        unit,
        200,
        at,
        end,
        expected(unit, at),
      ]);
    }
  }
});

test('the end of the run is what is shown without a moment, and its figures are those of the log', async () => {
  const figures = foldLog(history.messages, history.scenario);
  const free: number[] = [];
  for (const { shard } of history.scenario.shards) {
    const { body } = await api.get<{ state: { counts: { framesFree: number } } }>(`/api/state/mm.${shard}`);
    free.push(body.state.counts.framesFree);
  }
  expect(free.reduce((sum, each) => sum + each, 0)).toBe(figures.framesFree);
});

test('a page table is shown page by page of the answer, each entry once', async () => {
  const { body } = await api.get<{ state: Record<string, { pages: object }>; cut: State['cut'] }>(
    `/api/state/mm.0?run=${run}&path=/spaces&limit=5`,
  );
  const [table] = body.cut.filter(({ path }) => path.endsWith('/pages'));
  if (!table) throw new Error('no page table of the history has more than five entries');
  const pages = new Set<string>();
  for (let offset = 0; offset < table.size; offset += 64) {
    const part = await api.get<{ state: Record<string, { frame: number; permissions: string }> }>(
      `/api/state/mm.0?run=${run}&path=${table.path}&offset=${offset}&limit=64`,
    );
    for (const [page, entry] of Object.entries(part.body.state)) {
      expect(entry).toEqual({
        frame: expect.any(Number) as number,
        permissions: expect.stringMatching(/^r/) as string,
      });
      pages.add(page);
    }
  }
  expect(pages.size).toBe(table.size);
});

test.each([
  ['iommu.99', 404, 'NotInRun'],
  ['worker.0', 404, 'NotInRun'],
  ['iommu', 400, 'RequestInvalid'],
  ['iommu.0?at=0', 400, 'RequestInvalid'],
  ['iommu.0?at=99999999', 404, 'MomentAhead'],
  ['iommu.0?path=devices', 400, 'RequestInvalid'],
  ['iommu.0?path=/nothing', 404, 'PathUnknown'],
  ['iommu.0?limit=1001', 400, 'RequestInvalid'],
  ['iommu.0?run=none', 404, 'RunUnknown'],
])('/api/state/%s is refused', async (path, status, error) => {
  const answer = await api.get(`/api/state/${path}`);
  expect([answer.status, answer.body]).toEqual([status, { error, message: expect.any(String) as string }]);
});

test('a unit whose events make no sense is said not to be foldable, and what came before is shown', async () => {
  const own = history.messages.filter(({ headers }) => headers.unit === 'mm.0');
  const damaged = own[Math.floor(own.length / 2)]?.sequence ?? 0;
  const messages = history.messages.map((message) =>
    message.sequence === damaged ? { ...message, body: Uint8Array.from([255, 1, 2]) } : message,
  );
  await api.run('20240101-000000-dmgd', { messages, ended: false });
  const path = '/api/runs/20240101-000000-dmgd/state/mm.0';
  const answer = await api.get<{ message: string }>(path);
  expect([answer.status, answer.body]).toMatchObject([409, { error: 'NotFoldable' }]);
  expect(answer.body.message).toContain(`at sequence ${damaged}: `);
  expect((await api.get(`${path}?at=${damaged - 1}`)).status).toBe(200);
});
