import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Database } from 'sqlite3';
import { CommandLine, faultline, type Finished, PATIENCE_MILLIS, Scratch } from '../kit/command-line';

const scratch = new Scratch();
afterAll(() => scratch.remove());
jest.setTimeout(2 * PATIENCE_MILLIS);

const scenario = (workload: string, rest = ''): string => `name: tiny
profile: none
iommus:
  - { name: pri0, model: pri }
processes:
  - { name: a }
devices:
  - name: nic0
    iommu: pri0
    workloads:
      - { process: a, ${workload} }
${rest}`;
const good = scratch.file('good.yaml', scenario('pattern: uniform, accesses: 100'));
/** Goes on until it is stopped, slowly enough for any machine. */
const endless = scratch.file(
  'endless.yaml',
  scenario('pattern: uniform, accesses: 1000000000, ratePerSecond: 500, pages: 1000000'),
);

const run = (...words: string[]): string[] => ['run', ...words, '--runs', scratch.runs];

/** One clear line on the error stream, nothing on the other, no trace of a stack. */
function expectOneLine({ exit, out, err }: Finished, status: number, line: RegExp): void {
  expect(err.trimEnd().split('\n')).toEqual([expect.stringMatching(line)]);
  expect({ exit, out }).toEqual({ exit: status, out: '' });
}

describe('bad input ends with status 2 and one line, and starts nothing', () => {
  const cases: [what: string, words: string[], line: RegExp][] = [
    [
      'a missing scenario',
      run('no-such.yaml'),
      /^faultline: no scenario file no-such\.yaml: expected a YAML file/,
    ],
    [
      'broken YAML',
      run(scratch.file('broken.yaml', 'name: x\niommus: [\n')),
      /^faultline: .*broken\.yaml:\d+: /,
    ],
    [
      'an unknown field',
      run(scratch.file('unknown.yaml', scenario('pattern: uniform, accesses: 1', 'colour: red\n'))),
      /unknown\.yaml:12: .*colour/,
    ],
    [
      'a wrong value',
      run(scratch.file('wrong.yaml', scenario('pattern: uniform, accesses: -5'))),
      /wrong\.yaml:11: /,
    ],
    [
      'a missing trace',
      run(scratch.file('missing.yaml', scenario('trace: no-such.trace'))),
      /missing\.yaml:11: .*no file .*no-such\.trace/,
    ],
    ['a bad line of a trace', run(badTrace()), /bad\.csv:3: /],
    ['a setting that does not exist', run(good, '--set', 'wrokers.processes=2'), /wrokers/],
    ['a setting without a value', run(good, '--set', 'seed'), /seed/],
    ['a setting out of range', run(good, '--set', 'iommus.0.priQueueEntries=3'), /power of two/],
    [
      'groups that no ring can hold',
      run(good, '--set', 'iommus.0.priQueueEntries=4', '--set', 'devices.0.pagesPerGroup=8'),
      /groups of up to 8 .*at most 3/,
    ],
    ['a run that does not exist', ['audit', 'no-such-run', '--runs', scratch.runs], /no run 'no-such-run'/],
    [
      'a trace file that is none',
      ['trace', 'info', good],
      /good\.yaml:1: found lines of no known trace format, expected lackey/,
    ],
  ];

  it.each(cases)('%s', async (_what, words, line) => {
    expectOneLine(await faultline(words), 2, line);
    expect(existsSync(scratch.runs)).toBe(false);
  });

  it.each([
    ['an unknown option', run(good, '--fast'), /unknown option '--fast'/],
    ['an unknown command', ['walk'], /unknown command 'walk'/],
    ['no scenario', ['run'], /missing required argument 'scenario'/],
  ])('%s', async (_what, words, line) => {
    const { exit, out, err } = await faultline(words);
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err.split('\n')[0]).toMatch(line);
    expect(err).not.toMatch(/^ +at /m);
    expect(existsSync(scratch.runs)).toBe(false);
  });

  function badTrace(): string {
    scratch.file('bad.csv', 'device,pasid,address,permissions\n0,1,0x1000,r\n0,1,nowhere,r\n');
    return scratch.file('bad-trace.yaml', scenario('trace: bad.csv, format: csv'));
  }
});

describe('what the world refuses ends with status 1 and one line', () => {
  it('a place for runs that cannot be written', async () => {
    // Root may write anywhere, so a file stands where the folder should be.
    const place = scratch.file('in-the-way', '');
    expectOneLine(
      await faultline(['run', good, '--runs', place]),
      1,
      /a file where a directory was expected: .*in-the-way/,
    );
  });

  it('a NATS server that is not there, or a port that somebody else has', async () => {
    const other = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const taken = typeof address === 'object' && address !== null ? address.port : 0;
    const tries = [9, taken].map(async (port) => {
      const command = new CommandLine(run(good), { NATS_URL: `nats://127.0.0.1:${port}` });
      const { exit, err } = await command.finished();
      expect(err).toMatch(new RegExp(`^faultline: .*127\\.0\\.0\\.1:${port}`, 'm'));
      expect(err).not.toMatch(/^ +at /m);
      expect(exit).toBe(1);
      await command.leftNothing();
    });
    await Promise.all(tries);
    other.close();
  });
});

describe('a run that is cut short', () => {
  it('by Ctrl-C: everything stops, the summary is written, and no process is left', async () => {
    const command = new CommandLine(run(endless));
    await command.says(/accesses [1-9]/);
    expect(command.children(/main\.js/)).toHaveLength(6);
    expect(command.children(/nats-server -c/)).toHaveLength(1);
    command.signal('SIGINT');
    const { exit, out, err } = await command.finished();
    expect(err).not.toMatch(/^faultline: |had to be killed|^ +at /m);
    expect(exit).toBe(130);
    await command.leftNothing();
    const summary = readSummary();
    expect(summary).toMatchObject({
      end: 'stopped',
      drained: true,
      deadLetters: 0,
      summary: { audit: { clean: true } },
    });
    expect(out).toContain(summary.run);
  });

  it('goes on when its services are killed, one after the other, and loses nothing', async () => {
    const command = new CommandLine(run(endless), { FAULTLINE_LEASE_MILLIS: '1000' });
    await command.says(/accesses [1-9]/);
    for (const service of ['iommu', 'mm-handler', 'device-emulator', 'iopf-worker', 'event-log']) {
      const [victim] = command.children(new RegExp(`/${service}/src/main\\.js`));
      if (victim === undefined) throw new Error(`no ${service} runs`);
      command.err = '';
      process.kill(victim, 'SIGKILL');
      const again = `^service ${service}(-1|-2)? was ended by SIGKILL; starting it again\n(.*\n)*accesses [1-9]`;
      await command.says(new RegExp(again, 'm'));
    }
    command.signal('SIGINT');
    const { exit, err } = await command.finished();
    expect(err).not.toMatch(/^faultline: |^ +at /m);
    expect(exit).toBe(130);
    await command.leftNothing();
    expect(readSummary()).toMatchObject({
      end: 'stopped',
      drained: true,
      summary: { audit: { clean: true } },
    });
  });

  it('a service that cannot go on is named with its last words, and nothing is left', async () => {
    const command = new CommandLine(run(endless));
    await command.says(/accesses [1-9]/);
    const folder = join(scratch.runs, readdirSync(scratch.runs).sort().at(-1) ?? '');
    const [recorder] = command.children(/event-log\/src\/main\.js/);
    if (recorder === undefined) throw new Error('no event-log runs');
    // Started again it finds a record that a newer version has written.
    await damage(join(folder, 'log.sqlite'));
    process.kill(recorder, 'SIGKILL');
    const { exit, err } = await command.finished();
    expect(err).toMatch(/^faultline: service event-log (failed|ended with exit status 1)/m);
    expect(err).not.toMatch(/^ +at /m);
    expect(exit).toBe(1);
    await command.leftNothing();
  });

  it('a killed NATS server is named, and nothing is left', async () => {
    const command = new CommandLine(run(endless));
    await command.says(/accesses [1-9]/);
    const [victim] = command.children(/nats-server -c/);
    if (victim === undefined) throw new Error('no nats-server runs');
    process.kill(victim, 'SIGKILL');
    const { exit, err } = await command.finished();
    expect(err).toMatch(/^faultline: nats-server ended in the middle of the run \(SIGKILL\)/m);
    expect(exit).toBe(1);
    await command.leftNothing();
  });
});

/** Makes a record one of a schema version that nobody knows yet. */
function damage(file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const database = new Database(file);
    database.configure('busyTimeout', 10_000);
    database.run("UPDATE meta SET value = '999' WHERE key = 'schemaVersion'", (error: Error | null) => {
      database.close();
      if (error) reject(error);
      else resolve();
    });
  });
}

interface Summary {
  run: string;
  end: string;
}

/** The summary of the newest run that has one. */
function readSummary(): Summary {
  const written = readdirSync(scratch.runs)
    .sort()
    .map((id) => join(scratch.runs, id, 'summary.json'))
    .filter((path) => existsSync(path));
  return JSON.parse(readFileSync(written.at(-1) ?? '', 'utf8')) as Summary;
}
