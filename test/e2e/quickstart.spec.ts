import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandLine, faultline, type Finished, PATIENCE_MILLIS, Scratch } from '../kit/command-line';

const scratch = new Scratch();
afterAll(() => scratch.remove());

/** The parts of the summary that are looked at. */
interface Report {
  run: string;
  scenario: string;
  end: string;
  drained: boolean;
  durability: string;
  deadLetters: number;
  summary: {
    audit: {
      clean: boolean;
      messages: number;
      invariants: { invariant: string; status: string }[];
      counts: Record<string, number>;
      eventsByKind: Record<string, number>;
    };
  };
}

let command: CommandLine;
let finished: Finished;
let folder: string;
let report: Report;

beforeAll(async () => {
  command = new CommandLine(['run', 'examples/quickstart.yaml', '--runs', scratch.runs]);
  await command.says(/services: /);
  finished = await command.finished();
  const [id] = readdirSync(scratch.runs);
  folder = join(scratch.runs, id ?? '');
  report = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as Report;
}, 2 * PATIENCE_MILLIS);

const look = (...words: string[]): Promise<Finished> => faultline([...words, '--runs', scratch.runs]);

/** What a command prints that ends well. */
async function output(...words: string[]): Promise<string> {
  const { exit, out, err } = await look(...words);
  expect({ exit, err: err.replace(/^there are more: --cursor \S+\n$/, '') }).toEqual({ exit: 0, err: '' });
  return out;
}

describe('the quickstart', () => {
  it('ends well, and leaves no process', async () => {
    expect(finished.err).not.toMatch(/^faultline: |had to be killed|^ +at /m);
    expect(finished.exit).toBe(0);
    await command.leftNothing();
  });

  it('prints what came out: the verdict, where the run is kept, how durable its log was', () => {
    expect(finished.out).toMatch(/audit passed/);
    expect(finished.out).toContain(report.run);
    expect(finished.out).toContain(report.durability);
    expect(finished.out).toMatch(new RegExp(`^report +${join(folder, 'report.html')}$`, 'm'));
    for (const word of ['p50', 'p90', 'p99', 'p99.9', 'max']) expect(finished.out).toContain(word);
  });

  it('keeps the event log, the summary, the report and the scenario, and nothing of the NATS store', () => {
    expect(readdirSync(folder)).toEqual(
      expect.arrayContaining([
        'heads.json',
        'log.sqlite',
        'logs',
        'origin.json',
        'report.csv',
        'report.html',
        'report.json',
        'scenario.json',
        'scenario.yaml',
        'summary.json',
      ]),
    );
    expect(existsSync(join(folder, 'nats'))).toBe(false);
    expect(readFileSync(join(folder, 'scenario.yaml'), 'utf8')).toBe(
      readFileSync('examples/quickstart.yaml', 'utf8'),
    );
  });

  it('finished and drained, without dead letters, with a clean audit', () => {
    expect(report).toMatchObject({ scenario: 'quickstart', end: 'finished', drained: true, deadLetters: 0 });
    const { audit } = report.summary;
    expect(audit.clean).toBe(true);
    const passed = audit.invariants
      .filter(({ status }) => status === 'passed')
      .map(({ invariant }) => invariant);
    expect(passed).toEqual(expect.arrayContaining(['I1', 'I2', 'I3', 'I4', 'I5', 'I6']));
    expect(audit.eventsByKind['GroupResponded']).toBeGreaterThan(1_000);
    expect(audit.eventsByKind['StallEnded']).toBeGreaterThan(100);
  });
});

describe('the kept run', () => {
  it('passes its audit again', async () => {
    expect(await output('audit', 'latest')).toMatch(/audit passed: .* over .* messages/);
    const again = JSON.parse(await output('audit', report.run, '--json')) as {
      clean: boolean;
      messages: number;
    };
    expect(again).toMatchObject({ clean: true, messages: report.summary.audit.messages });
  });

  it('is the one whose heads were published, and its tables are what its log gives', async () => {
    expect(await output('audit', 'latest')).toMatch(
      new RegExp(
        `^record whole: its chain is that of all \\d+ published heads, up to ${report.summary.audit.messages}$`,
        'm',
      ),
    );
    expect(await output('rebuild', 'latest')).toMatch(/^projections identical: built from /m);
  });

  it('shows its slowest faults, and the timeline of each', async () => {
    const rows = (await output('faults', 'latest', '--slowest', '5')).trimEnd().split('\n');
    const slowest = (await output('faults', 'latest', '--slowest', '5', '--json')).trimEnd().split('\n');
    const faults = slowest.map((line) => JSON.parse(line) as { id: string; totalMicros: number });
    expect(faults).toHaveLength(5);
    expect([...faults].sort((one, other) => other.totalMicros - one.totalMicros)).toEqual(faults);
    for (const { id } of faults) expect(rows.some((row) => row.includes(id))).toBe(true);
    const timeline = await output('fault', 'latest', faults[0]?.id ?? '');
    expect(timeline).toContain(faults[0]?.id);
    for (const who of ['segment.', 'iommu.', 'iopf-worker-', 'mm']) expect(timeline).toContain(who);
  });

  it('prints its log as JSON and as CloudEvents, an event a line', async () => {
    const events = (await output('log', 'latest', '--json')).trimEnd().split('\n');
    const first = JSON.parse(events[0] ?? '') as { sequence: number; event: { kind: string } };
    const last = JSON.parse(events.at(-1) ?? '') as {
      sequence: number;
      event: { kind: string; reason: string };
    };
    expect(first).toMatchObject({ sequence: 1, event: { kind: 'ScenarioLoaded' } });
    expect(last).toMatchObject({
      sequence: report.summary.audit.messages,
      event: { kind: 'RunEnded', reason: 'finished' },
    });
    const cloud = (await output('log', 'latest', '--cloudevents', '--to', '20')).trimEnd().split('\n');
    const ids = cloud.map(
      (line) => JSON.parse(line) as { specversion: string; id: string; source: string; type: string },
    );
    expect(
      ids.every(({ specversion, source, type }) => specversion === '1.0' && source !== '' && type !== ''),
    ).toBe(true);
    expect(new Set(ids.map(({ source, id }) => `${source} ${id}`)).size).toBe(ids.length);
  });

  it('has an answer for a fault that is not there', async () => {
    const { exit, out, err } = await look('fault', 'latest', '9.9.9');
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err.trimEnd().split('\n')).toEqual([expect.stringMatching(/^faultline: .*9\.9\.9/)]);
  });

  it('was made of traces that can be looked at', async () => {
    const { exit, out } = await faultline(['trace', 'info', 'examples/traces/sort.trace.gz']);
    expect(exit).toBe(0);
    expect(out).toMatch(/sort\.trace\.gz: lackey/);
  });
});
