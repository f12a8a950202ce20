import { GOOD_TOTALS, goodLog } from '../../audit/src/log.testkit';
import { RecordReader, RecordWriter, summarise } from '.';
import { RecordBench } from './record.testkit';

const bench = new RecordBench();
afterEach(() => bench.clear());

async function summaryOf(log = goodLog()) {
  const folder = bench.folder();
  const writer = await bench.open(RecordWriter.open(folder));
  await writer.append(log);
  return summarise(await bench.open(RecordReader.open(folder)), GOOD_TOTALS);
}

describe('summarise', () => {
  it('says what a run amounts to', async () => {
    expect(await summaryOf()).toMatchObject({
      run: 'r1',
      messages: 28,
      pageRequests: 6,
      groups: 4,
      faultsByCode: { success: 5, 'auto-success': 1 },
      incompleteFaults: 0,
      overflows: 0,
      pageRequestsDropped: 1,
      retries: 2,
      pagesRemoved: 1,
      accesses: { completed: 4, aborted: 0, hit: 6, removed: 0, withdrawn: 0 },
      active: { durationMicros: 860 },
    });
  });

  it('has the latencies of every stage', async () => {
    const { latency, active } = await summaryOf();
    expect(latency.endToEnd).toMatchObject({ count: 6, maxMicros: 150 });
    expect(latency.queueWait).toMatchObject({ count: 5, p50Micros: 30, maxMicros: 30 });
    expect(Object.keys(latency)).toEqual([
      'endToEnd',
      'deviceToIommu',
      'iommuToQueue',
      'queueWait',
      'mm',
      'response',
      'retry',
    ]);
    expect(active.faultsPerSecond).toBeCloseTo(6 / 860e-6);
  });

  it('holds the audit, with the chain checked', async () => {
    const { audit } = await summaryOf();
    expect(audit.clean).toBe(true);
    expect(audit.invariants.find(({ invariant }) => invariant === 'I4')).toMatchObject({
      status: 'passed',
      checked: 28,
    });
  });

  it('survives JSON', async () => {
    const summary = await summaryOf();
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
  });

  it('is all zeroes for an empty record', async () => {
    expect(await summaryOf([])).toMatchObject({
      run: null,
      messages: 0,
      pageRequests: 0,
      active: { faultsPerSecond: 0 },
    });
  });

  it('counts what is open at the end as incomplete', async () => {
    expect(await summaryOf(goodLog().slice(0, 8))).toMatchObject({
      pageRequests: 2,
      incompleteFaults: 2,
      faultsByCode: {},
    });
  });
});
