import { FAULTLINE_VERSION } from '@faultline/contracts';
import type { Command } from 'commander';
import { gzipSync } from 'node:zlib';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { faultline as runFaultline } from './command-line.testkit';
import { createProgram } from './program';
import { FakeTerminal, scratchDirectory } from './testing.testkit';

const scratch = scratchDirectory();
const runs = join(scratch.path, 'runs');

const faultline = (...words: string[]) => runFaultline(words);

const scenario = (workload: string): string => `name: tiny
iommus:
  - { name: pri0, model: pri }
processes:
  - { name: a }
devices:
  - name: nic0
    iommu: pri0
    workloads:
      - { process: a, ${workload} }
`;
const good = scratch.file('good.yaml', scenario('pattern: uniform, accesses: 10'));

describe('help', () => {
  const commandsOf = (command: Command, above: string[] = []): string[][] =>
    command.commands.flatMap((each) => {
      const words = [...above, each.name()];
      return [words, ...commandsOf(each, words)];
    });
  const program = createProgram({
    terminal: new FakeTerminal(),
    environment: {},
    done: () => undefined,
  });

  test.each([[], ...commandsOf(program)])('faultline %s %s --help', async (...words) => {
    const { exit, output, said } = await faultline(...words, '--help');
    expect({ exit, said }).toEqual({ exit: 0, said: '' });
    expect(output).toMatch(/^Usage: faultline/);
    if (!/^Commands:/m.test(output) || words.length === 0)
      expect(output).toMatch(/Examples?:\n {2}faultline /);
  });

  test.each(['--version', '-V'])('faultline %s', async (option) => {
    expect(await faultline(option)).toEqual({ exit: 0, said: '', output: `${FAULTLINE_VERSION}\n` });
  });
});

describe('what cannot be understood is one line and exit status 2', () => {
  test.each([
    [['bake'], /^faultline: unknown command 'bake'/],
    [['fault', 'latest', '--slow'], /^faultline: unknown option '--slow'/],
    [
      ['faults', 'latest', '--slowst', '3'],
      /^faultline: unknown option '--slowst'\n\(Did you mean --slowest\?\)/,
    ],
    [['run'], /^faultline: missing required argument 'scenario'/],
    [['audit', 'a', 'b'], /^faultline: too many arguments for 'audit'/],
    [
      ['faults', 'latest', '--pasid', 'x'],
      /^faultline: option '--pasid <number>' argument 'x' is invalid\. Expected a whole number/,
    ],
    [['log', 'latest', '--from', '-1'], /Expected a whole number, decimal or hexadecimal with 0x\.\n/],
    [
      ['faults', 'latest', '--slowest', '0'],
      /argument '0' is invalid\. Expected a whole number from 1 to 1000,/,
    ],
    [
      ['faults', 'latest', '--limit', '5000'],
      /argument '5000' is invalid\. Expected a whole number from 1 to 1000,/,
    ],
    [['fault', 'latest', 'seven'], /^faultline: 'seven' is no fault's id: expected segment\.epoch\.request/],
    [['faults', 'latest', '--code', 'maybe'], /^faultline: no run under/],
    [['audit', 'latest'], /^faultline: no run under .*runs: start one with/],
    [
      ['log', '/no/such/run'],
      /^faultline: no run '\/no\/such\/run' with a log\.sqlite: there is no run under .*runs yet\n$/,
    ],
    [
      ['trace', 'info', '/no/such/trace'],
      /^faultline: \/no\/such\/trace: found no such file, expected a trace file, plain or gzipped\n$/,
    ],
    [
      ['trace', 'info', good, '--format', 'pcap'],
      /^faultline: no trace format 'pcap': expected one of auto, lackey, prq, perf, csv\n$/,
    ],
  ])('%j', async (words, line) => {
    const runsOption = ['audit', 'fault', 'faults', 'log'].includes(words[0] ?? '') ? ['--runs', runs] : [];
    const { exit, said, output } = await faultline(...words, ...runsOption);
    expect(said).toMatch(line);
    expect(said).not.toMatch(/\n\s+at /);
    expect({ exit, output }).toEqual({ exit: 2, output: '' });
  });

  test('without a command there is help, and it counts as an error', async () => {
    const { exit, said } = await faultline();
    expect(said).toMatch(/^Usage: faultline/);
    expect(exit).toBe(2);
  });
});

describe('a scenario that cannot be run starts nothing', () => {
  const run = (file: string, ...more: string[]) => faultline('run', file, '--runs', runs, ...more);
  afterEach(() => expect(existsSync(runs)).toBe(false));

  test.each([
    [
      'missing',
      '/no/such.yaml',
      /^faultline: no scenario file \/no\/such\.yaml: expected a YAML file such as examples\/quickstart\.yaml\n$/,
    ],
    ['a directory', scratch.path, /is no file: expected a YAML file/],
    ['no YAML', scratch.file('broken.yaml', 'name: a\niommus: [\n'), /broken\.yaml:\d: found /],
    [
      'an unknown key',
      scratch.file(
        'key.yaml',
        scenario('pattern: uniform, accesses: 10').replace('iommu: pri0', 'iommu: pri0\n    credit: 8'),
      ),
      /key\.yaml:9: found unknown key 'devices\.0\.credit'/,
    ],
    [
      'an unknown process',
      scratch.file(
        'process.yaml',
        scenario('pattern: uniform, accesses: 10').replace('process: a', 'process: b'),
      ),
      /process\.yaml:10: found process 'b', expected one of a\n$/,
    ],
    [
      'no such trace',
      scratch.file('trace.yaml', scenario('trace: none.gz')),
      /trace\.yaml:10: found trace 'none\.gz', but there is no file .*none\.gz, expected a trace file, relative to the scenario file\n$/,
    ],
  ])('%s', async (_what, file, line) => {
    const { exit, said } = await run(file);
    expect(said).toMatch(line);
    expect(said.trimEnd().split('\n')).toHaveLength(1);
    expect(exit).toBe(2);
  });

  test.each([
    [['--set', 'seed'], /^faultline: --set: found 'seed', expected key=value/],
    [['--set', 'seed=x'], /^faultline: .*good\.yaml:\d+: found 'seed' "x", expected/],
    [['--set', 'sed=1'], /found unknown key 'sed'/],
    [['--set', 'devices.0.credits=0'], /found 'devices\.0\.credits' 0, expected/],
  ])('%j', async (words, line) => {
    const { exit, said } = await run(good, ...words);
    expect(said).toMatch(line);
    expect(exit).toBe(2);
  });

  test('a bad line of a trace is named with the file, also when it is gzipped', async () => {
    scratch.file('bad.gz', gzipSync('==1== lackey\nI  04001000,3\n S 1ffe0,8\n X what\nI  04001003,3\n'));
    const { exit, said } = await run(scratch.file('bad.yaml', scenario('trace: bad.gz')));
    expect(said).toMatch(/^faultline: .*bad\.gz:4: found " X what", expected a lackey line/);
    expect(exit).toBe(2);
  });

  test('--debug shows where the error came from', async () => {
    const { said } = await run('/no/such.yaml', '--debug');
    expect(said).toMatch(/^faultline: no scenario file[^\n]*\nBadInput: .*\n\s+at /);
  });
});

describe('trace info', () => {
  test('says what is in a trace', async () => {
    const file = scratch.file(
      'good.gz',
      gzipSync('==1== lackey\nI  04001000,3\nI  04001003,3\n S 1ffeff000,8\n L 04002ffe,4\n'),
    );
    const { exit, output } = await faultline('trace', 'info', file);
    expect(output).toMatch(/good\.gz: lackey\n/);
    expect(output).toMatch(/^ {2}lines\s+5\s/m);
    expect(output).toMatch(/^ {2}accesses\s+4 .*2 read, 1 write, 1 execute$/m);
    expect(output).toMatch(/^ {2}pages\s+4\s/m);
    expect(exit).toBe(0);
  });
});
