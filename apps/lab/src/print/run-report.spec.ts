import { join } from 'node:path';
import { RecordReader, summarise } from '@faultline/record';
import { scratchDirectory } from '../testing.testkit';
import { writeRun } from '../testing-record.testkit';
import { reportLines, type RunReport } from './run-report';
import { styleFor } from './style';

describe('the report of a run', () => {
  const runs = join(scratchDirectory().path, 'runs');
  let report: RunReport;
  beforeAll(async () => {
    const directory = await writeRun(runs, '20250101-000000-aaaa');
    const reader = await RecordReader.open(directory);
    const summary = await summarise(reader);
    await reader.close();
    report = {
      run: '20250101-000000-aaaa',
      scenario: 'small',
      profile: 'pri-minor',
      timeScale: 10,
      end: 'finished',
      drained: true,
      durability: 'acknowledged before fsync',
      deadLetters: 0,
      repairedQueues: 0,
      directory: '/runs/20250101-000000-aaaa',
      summary,
    };
  });
  const text = (change: Partial<RunReport> = {}, colour = false) =>
    reportLines({ ...report, ...change }, '/runs/report.html', styleFor(colour), 100).join('\n');

  test('it has the counts, both times, the verdict, the durability and the place, in 100 columns', () => {
    const said = text();
    for (const what of [
      'accesses',
      'page requests',
      'groups',
      'responses',
      'automatic answers',
      'overflows',
      'retries',
      'invalidations',
    ]) {
      expect(said).toMatch(new RegExp(`^  ${what} +[\\d,]+`, 'm'));
    }
    expect(said).toMatch(/^wall time\n {2}stage +faults +p50 +p90 +p99 +p99\.9 +max$/m);
    expect(said).toMatch(/^model time \(wall time \/ 10\)$/m);
    for (const stage of [
      'device -> IOMMU',
      'IOMMU -> queue',
      'queue wait',
      'mm',
      'response',
      'retry',
      'end to end',
    ])
      expect(said).toContain(`  ${stage} `);
    expect(said).toMatch(/^audit passed: /m);
    expect(said).toMatch(
      /^log +3 messages, .*; acknowledged before fsync\nkept in +\/runs\/20250101-000000-aaaa$/m,
    );
    expect(Math.max(...said.split('\n').map((line) => [...line].length))).toBeLessThanOrEqual(100);
    expect(said).not.toContain('\u001b');
  });

  test('what a timeline brought about has rows of its own; what did not happen has none', () => {
    expect(text()).not.toMatch(/teardowns|device resets|refused faults|withdrawn|after a timeout/);
    const { summary } = report;
    const lived = text({
      summary: {
        ...summary,
        accesses: { ...summary.accesses, removed: 4, withdrawn: 90 },
        audit: {
          ...summary.audit,
          eventsByKind: {
            TeardownBegun: 3,
            PasidDrained: 3,
            DeviceFenced: 2,
            FaultRefused: 7,
            GroupResponded: 12,
          },
          counts: {
            ...{
              'teardownStepped.stop.expired': 1,
              'teardownStepped.flush.expired': 1,
              'teardownStepped.fence.done': 3,
            },
            ...{ 'deviceFenced.stop-timeout': 1, 'deviceFenced.requested': 1 },
            ...{ 'groupResponded.success': 8, 'groupResponded.timeout': 3, 'groupResponded.replaced': 1 },
          },
        },
      },
    });
    expect(lived).toMatch(/^ {2}teardowns +3 +drained 3; steps that took force 2$/m);
    expect(lived).toMatch(/^ {2}device resets +2 +did not stop 1, did not invalidate 0, asked for 1$/m);
    expect(lived).toMatch(/^ {2}refused faults +7 /m);
    expect(lived).toMatch(
      /^ {2}responses +12 +SUCCESS 8, INVALID 0, FAILURE 0\n +after a timeout 3, for another domain 1$/m,
    );
    expect(lived).toMatch(/aborted \d+\n +lost with their device 4, withdrawn 90$/m);
  });

  test('what is not as it should be is said', () => {
    expect(text({ drained: false })).toMatch(/not everything under way came to its end/);
    expect(text({ deadLetters: 3 })).toMatch(/dead letters +3: messages no service could use/);
    expect(text({ repairedQueues: 1 })).toMatch(/queues repaired +1: the server had stopped to deliver/);
  });

  test('without a time scale there is one table of times; with colour there is colour', () => {
    expect(text({ timeScale: 1 })).not.toMatch(/model time/);
    expect(text({}, true)).toContain('\u001b[32maudit passed');
  });
});
