import { STAGES } from '@faultline/audit';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { goodLog } from '../../audit/src/log.testkit';
import {
  type FaultFilter,
  FaultQueries,
  MEASURES,
  Projections,
  PROJECTIONS_FILE,
  RecordReader,
  RecordWriter,
} from '.';
import { drivingColumn, statementOf } from './fault-listing';
import { RecordBench } from './record.testkit';

const bench = new RecordBench();
const ROWS = 60_000;
let source: DataSource;
let queries: FaultQueries;

/** Half of them without some of their steps, of both models. Device 0 has nearly all of them, device 7 few. */
const INSERT = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
  INSERT INTO fault SELECT 0, 1, i, 0, 0, CASE WHEN i % 3 = 0 THEN 'stall' ELSE 'pri' END, 0, CASE WHEN i % 997 = 0 THEN 7 ELSE 0 END,
    i % 64, i % 8999, 1, i, NULL, i, NULL, 'success', NULL, NULL, NULL, i * 100, CASE WHEN i % 5 > 0 THEN i * 100 + i % 7 + 0.25 END,
    CASE WHEN i % 6 > 0 THEN i * 100 + 10 + i % 11 END, CASE WHEN i % 7 > 0 THEN i * 100 + 30 + i % 1013 END, NULL,
    CASE WHEN i % 8 > 0 THEN i * 100 + 2000 + i % 17 END, CASE WHEN i % 9 > 0 THEN i * 100 + 2100 END,
    CASE WHEN i % 4 > 0 THEN i * 100 + 2110 + i % 19 END, CASE WHEN i % 10 > 0 THEN i * 100 + 2200 + i % 301 END,
    CASE WHEN i % 10 > 0 THEN 2200 + i % 301 END, NULL, NULL, NULL, NULL, NULL, 0 FROM n`;

beforeAll(async () => {
  const folder = bench.folder();
  const writer = await bench.open(RecordWriter.open(folder));
  await writer.append(goodLog());
  const projections = await bench.open(Projections.open(folder));
  await projections.project(await bench.open(RecordReader.open(folder)));
  source = await new DataSource({ type: 'sqlite', database: join(folder, PROJECTIONS_FILE) }).initialize();
  await source.query('DELETE FROM fault');
  await source.query(INSERT);
  queries = await bench.open(FaultQueries.open(folder));
});
afterAll(async () => {
  await source.destroy();
  await bench.clear();
});

type Row = Awaited<ReturnType<FaultQueries['faults']>>['faults'][number];
const timeOf = (row: Row, measure: (typeof MEASURES)[number]): number | null =>
  measure === 'total' ? row.totalMicros : row.stages[measure];

async function everything(filter: FaultFilter): Promise<Row[]> {
  const rows: Row[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await queries.faults({ ...filter, limit: 1_000, cursor });
    rows.push(...page.faults);
    if (page.nextCursor === null) return rows;
    cursor = page.nextCursor;
  }
}

describe.each(MEASURES)('faults by the time of %s', (measure) => {
  it('are those with such a time within the bounds, each once, slowest first', async () => {
    for (const some of [{ page: 5 }, { device: 7 }]) {
      const times = (await everything(some))
        .map((row) => timeOf(row, measure) ?? -1)
        .filter((time) => time >= 0);
      expect(times.length).toBeGreaterThan(2);
      const middle = [...times].sort((one, other) => one - other)[times.length >> 1] ?? 0;
      const found = await everything({ ...some, measure, leastMicros: 1, mostMicros: middle });
      const shown = found.map((row) => timeOf(row, measure));
      const expected = times.filter((time) => time >= 1 && time <= middle);
      expect(shown).toEqual(expected.sort((one, other) => other - one));
      expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
    }
  });

  it.each([
    ['nothing else is asked', {}, undefined, measure],
    ['of a device with nearly all of them', { device: 0 }, undefined, measure],
    ['of a device with few', { device: 7 }, 'device', 'device'],
    ['of a page, a device and a code', { page: 5, device: 0, code: 'success' }, 'page', 'page'],
  ] as const)('are found by an index where %s', async (_, more, driving, index) => {
    const filter: FaultFilter = { ...more, measure, leastMicros: 40 };
    expect(await drivingColumn(source, filter)).toBe(driving);
    const { sql, values } = statementOf(filter, driving);
    const plan = await source.query<{ detail: string }[]>(`EXPLAIN QUERY PLAN ${sql}`, [...values, 51]);
    const [{ detail } = { detail: '' }] = plan;
    expect(detail).toContain(`USING INDEX fault_${index === 'total' ? 'totalMicros' : index} `);
    // What the index of the measure gives is in order.
    if (index === measure) expect(plan).toHaveLength(1);
  });
});

it('the measures are the stages and their sum', () => {
  expect(MEASURES).toEqual(['total', ...STAGES]);
});

it('a listing by a measure refuses cursors of others', async () => {
  for (const cursor of ['0:1:2:3', '1:2:3:4:x', '::::', '1:2:3:4:5:6', ''])
    await expect(queries.faults({ measure: 'mm', leastMicros: 0, cursor })).rejects.toThrow(RangeError);
});
