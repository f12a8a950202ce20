import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunComparison } from '@faultline/report';
import { BadInput } from '../errors';
import { writeOrigin } from '../report/origin';
import { RunFolder } from '../run/run-folder';
import { FakeTerminal, scratchDirectory } from '../testing.testkit';
import { smallLog, writeRun } from '../testing-record.testkit';
import { compare } from './compare';
import { report } from './report';

const scratch = scratchDirectory();
const runs = join(scratch.path, 'runs');
const id = (day: number): string => `2025010${day}-000000-good`;

/** A run without a fault, and what it was asked for with. */
async function make(
  day: number,
  servers: number,
  reason: 'finished' | 'stopped' = 'finished',
): Promise<void> {
  const path = await writeRun(runs, id(day), smallLog(id(day), reason));
  const file = join(path, 'scenario.json');
  const scenario = JSON.parse(readFileSync(file, 'utf8')) as { workers: object };
  const workers = { ...scenario.workers, servers };
  writeFileSync(file, JSON.stringify({ ...scenario, seed: day, workers }));
  const settings = [`workers.servers=${servers}`, `seed=${day}`];
  writeOrigin(new RunFolder(path), { scenarioFile: 'my small.yaml', settings });
}

const say = async (...names: string[]): Promise<string> => {
  const terminal = new FakeTerminal();
  terminal.columns = 80;
  expect(await compare(names, { runs }, terminal)).toBe(0);
  return terminal.output;
};
const compared = async (...names: string[]): Promise<RunComparison> => {
  const terminal = new FakeTerminal();
  expect(await compare(names, { runs, json: true }, terminal)).toBe(0);
  return JSON.parse(terminal.output) as RunComparison;
};

describe('faultline compare', () => {
  beforeAll(async () => {
    for (const [day, servers] of [
      [1, 1],
      [2, 1],
      [3, 4],
    ] as const)
      await make(day, servers);
    await make(4, 4, 'stopped');
  });

  test('says what differs, and how to get the repetitions that are lacking', async () => {
    const shown = await say(id(1), 'latest~1');
    expect(shown).toMatch(
      /^group 1: scenario small\n {2}20250101-000000-good \(seed 1\)\ngroup 2: workers\.servers 1 -> 4\n {2}20250103-000000-good \(seed 3\)\n/,
    );
    expect(shown).toContain(
      'One run each says nothing about noise: whether a change exceeds it is unknown.\n',
    );
    const command = `  npx faultline run 'my small.yaml' --set workers.servers=1 --set seed=4 --runs ${runs}\n`;
    expect(shown).toContain(command);
    expect(shown).toContain(command.replace('servers=1', 'servers=4'));
  });

  test('says which group lacks repetitions, and warns of a run that was stopped before all else', async () => {
    const shown = await say(id(3), id(1), id(2), id(4));
    expect(shown).toMatch(/^warning: run 20250104-000000-good: not a whole run: stopped before its end\n\n/);
    expect((await say(id(3), id(1), id(2))).replace(/\n/g, ' ')).toContain(
      'A single run says nothing about noise (group 1)',
    );
  });

  test('names a profile without its costs, and no more than a few settings', async () => {
    await make(0, 4);
    const folder = new RunFolder(join(runs, id(0)));
    const scenario = JSON.parse(readFileSync(folder.scenario, 'utf8')) as { cost: object };
    const cost = { ...scenario.cost, deviceMicros: 3 };
    const others = { profile: 'pri-minor', queues: 'global', one: 1, two: 2, three: 3, four: 4 };
    writeFileSync(folder.scenario, JSON.stringify({ ...scenario, ...others, cost }));
    const shown = await say(id(1), id(0));
    rmSync(folder.path, { recursive: true });
    expect(shown.replace(/\n/g, ' ')).toContain(
      ' group 2: profile none -> pri-minor, queues per-iommu -> global, workers.servers 1 -> 4, one none -> 1, 3 more settings (--json has them) ',
    );
  });

  test('of another machine it shows wall times without a change, and model times with one', async () => {
    await make(0, 1);
    const folder = new RunFolder(join(runs, id(0)));
    const made = JSON.parse(readFileSync(folder.origin, 'utf8')) as { machine: { cpu: string } };
    const machine = { ...made.machine, cpu: 'a processor whose name takes more than half of a line' };
    writeFileSync(folder.origin, JSON.stringify({ ...made, machine }));
    const shown = await say(id(1), id(0));
    rmSync(folder.path, { recursive: true });
    expect(shown).toMatch(/^warning: wall times of groups 1 and 2 are not comparable: processor /);
    expect(shown).toMatch(/\nwall time: not comparable \(processor [^]*\n {15,}group 1 +group 2\n/);
    expect(shown).toMatch(
      /\nmodel time \(wall time \/ time scale\)\n {15,}group 1 +group 2 +change +relative +noise\n/,
    );
    expect(shown).toContain('each with the version and on the machine of its');
    const commands = /^ {2}npx faultline/;
    for (const line of shown.split('\n'))
      if (!commands.test(line)) expect([...line].length).toBeLessThanOrEqual(80);
  });

  test('of one setting only there is nothing to compare: it shows how far the runs lie apart', async () => {
    const shown = await say(id(1), id(2));
    expect(shown).toMatch(/These 2 runs are repetitions of each other, so there is nothing to compare\./);
    expect(shown).toMatch(/ mean of 2 +least +most +range \/ median\n/);
  });

  test('reads the numbers kept with a run, and gathers those that another version or nobody wrote', async () => {
    await report(id(1), { runs }, new FakeTerminal());
    const file = join(runs, id(1), 'report.json');
    const kept = JSON.parse(readFileSync(file, 'utf8')) as { faults: { sent: number }; format: string };
    const faultsOf = async (text: string): Promise<number | null | undefined> => {
      writeFileSync(file, text);
      return (await compared(id(1), id(3))).groups[0]?.figures.find(({ name }) => name === 'faults')?.mean;
    };
    const marked = { ...kept, faults: { ...kept.faults, sent: 7 } };
    expect(await faultsOf(JSON.stringify(marked))).toBe(7);
    expect(await faultsOf(JSON.stringify({ ...marked, format: 'faultline-report/9' }))).toBe(0);
    expect(await faultsOf('{"format":')).toBe(0);
  });

  test.each<[string, string[], RegExp]>([
    ['one run', [id(1)], /^only run 20250101-000000-good to compare, expected at least two/],
    ['the same run twice', [id(4), 'latest'], /^run 20250104-000000-good is named twice/],
    [
      'a run without a record',
      [id(1), 'nope'],
      /^no run 'nope' with a log\.sqlite: expected 'latest', a path/,
    ],
    ['more than there are', [id(1), 'latest~7'], /^no run 'latest~7': there are 4 under /],
  ])('%s is bad input', async (_what, names, message) => {
    const failure = compare(names, { runs }, new FakeTerminal());
    await expect(failure).rejects.toThrow(BadInput);
    await expect(failure).rejects.toThrow(message);
  });

  test('a run whose scenario is lost is bad input: nothing says what it repeats', async () => {
    await make(5, 1);
    rmSync(join(runs, id(5), 'scenario.json'));
    await expect(compare([id(1), id(5)], { runs }, new FakeTerminal())).rejects.toThrow(
      /^run 20250105-000000-good has no .*scenario\.json: without it nothing says which runs are its repetitions$/,
    );
  });
});
