import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandLine, type Finished, PATIENCE_MILLIS, Scratch } from '../kit/command-line';

/** The parts of a run's summary that are looked at. */
interface Report {
  end: string;
  drained: boolean;
  deadLetters: number;
  summary: {
    audit: {
      clean: boolean;
      invariants: { invariant: string; status: string }[];
      counts: Record<string, number>;
      eventsByKind: Record<string, number>;
    };
  };
}

const scratches: Scratch[] = [];
afterAll(() => scratches.forEach((scratch) => scratch.remove()));

async function run(example: string): Promise<{ finished: Finished; report: Report }> {
  const scratch = new Scratch();
  scratches.push(scratch);
  const command = new CommandLine(['run', `examples/${example}.yaml`, '--runs', scratch.runs]);
  const finished = await command.finished();
  const [id] = readdirSync(scratch.runs);
  const report = JSON.parse(readFileSync(join(scratch.runs, id ?? '', 'summary.json'), 'utf8')) as Report;
  await command.leftNothing();
  return { finished, report };
}

function expectWell({ finished, report }: { finished: Finished; report: Report }): void {
  expect(finished.err).not.toMatch(/^faultline: |had to be killed|^ +at /m);
  expect(finished.exit).toBe(0);
  expect(report).toMatchObject({ end: 'finished', drained: true, deadLetters: 0 });
  expect(report.summary.audit.invariants.filter(({ status }) => status === 'failed')).toEqual([]);
}

const statusOf = ({ report }: { report: Report }, invariant: string): string | undefined =>
  report.summary.audit.invariants.find((each) => each.invariant === invariant)?.status;

it(
  'pressure: pages are taken and come back, and no translation is served from one that was taken',
  async () => {
    const ran = await run('pressure');
    expectWell(ran);
    const { counts } = ran.report.summary.audit;
    expect(counts['pageRemoved.reclaim']).toBeGreaterThan(500);
    expect(counts['pageInstalled.swap-in']).toBeGreaterThan(100);
    for (const invariant of ['I6', 'I7'])
      expect([invariant, statusOf(ran, invariant)]).toEqual([invariant, 'passed']);
  },
  PATIENCE_MILLIS,
);

it(
  'lifecycle: every step is done and told, the teardown of a hung device by force, and nothing is lost',
  async () => {
    const ran = await run('lifecycle');
    expectWell(ran);
    for (const step of [
      'unmap 256 pages of web',
      'protect 256 pages of web',
      'migrate 64 pages of db',
      'reclaim 100 pages of shard 0',
      'replace db by db-copy',
      'remove queue pri0',
      'add queue pri0',
      'surprise remove usb0',
      'exit web',
      'start web-next',
      'hang device gpu0',
    ])
      expect(ran.finished.err).toContain(`of model time: ${step}`);
    expect(ran.finished.err).toMatch(/unbind web \(in order: stop /);
    expect(ran.finished.err).toMatch(/unbind batch \(by force: stop expired after /);
    expect(ran.finished.err).toMatch(/remove device dsp0 \(in order\)/);
    const { eventsByKind } = ran.report.summary.audit;
    expect(eventsByKind).toMatchObject({ DeviceRemoved: 1, DeviceHung: 1, QueueFreed: 1, QueueAllocated: 1 });
    expect(eventsByKind['PasidDrained']).toBeGreaterThanOrEqual(3);
    for (const invariant of ['I1', 'I2', 'I5', 'I6', 'I7', 'I9'])
      expect([invariant, statusOf(ran, invariant)]).toEqual([invariant, 'passed']);
  },
  PATIENCE_MILLIS,
);
