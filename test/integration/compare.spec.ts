import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RecordWriter } from '@faultline/record';
import type { GroupFigure, RunComparison } from '@faultline/report';
import { compare } from '../../apps/lab/src/commands/compare';
import { checkScenario } from '../../apps/lab/src/scenario/preflight';
import { FakeTerminal } from '../../apps/lab/src/testing.testkit';
import { runVirtually } from '../kit/virtual-run';

const SMALL = join(__dirname, '../../examples/small.yaml');
const runs = mkdtempSync(join(tmpdir(), 'faultline-compare-'));
afterAll(() => rmSync(runs, { recursive: true, force: true }));

/** Runs the small example in virtual time, and keeps its record. */
async function make(id: string, ...settings: string[]): Promise<void> {
  const few = ['devices.0.workloads.0.accesses=120', 'devices.1.workloads.0.accesses=120'];
  const { resolved } = await checkScenario(SMALL, [...few, ...settings]);
  const { log } = await runVirtually(resolved, { seed: resolved.seed });
  mkdirSync(join(runs, id));
  const writer = await RecordWriter.open(join(runs, id));
  await writer.append(log);
  await writer.close();
  writeFileSync(join(runs, id, 'scenario.json'), JSON.stringify(resolved));
}

const said = async (json: boolean, columns = 80): Promise<string> => {
  const terminal = new FakeTerminal();
  terminal.columns = columns;
  expect(await compare(['a1', 'b1', 'a2', 'b2', 'a3', 'b3'], { runs, json }, terminal)).toBe(0);
  return terminal.output;
};

describe('a comparison of kept runs', () => {
  beforeAll(async () => {
    for (const seed of [1, 2, 3]) {
      await make(`a${seed}`, 'workers.servers=16', `seed=${seed}`);
      await make(`b${seed}`, 'workers.servers=1', `seed=${seed}`);
    }
  }, 120_000);

  it('finds that one server makes faults wait, and that each of them is answered all the same', async () => {
    const { groups } = JSON.parse(await said(true)) as RunComparison;
    expect(groups.map(({ settings }) => settings)).toEqual([
      [],
      [{ path: 'workers.servers', before: 16, after: 1 }],
    ]);
    const figure = (name: string, part: GroupFigure['part']): GroupFigure | undefined =>
      groups[1]?.figures.find((each) => each.name === name && each.part === part);
    expect(figure('queue wait', 'stage-mean')?.change?.verdict).toBe('higher');
    expect(figure('throughput', 'end-to-end')?.change?.verdict).toBe('lower');
    expect(figure('FAILURE', 'responses')).toMatchObject({ values: [0, 0, 0], mean: 0 });
    expect(figure('faults', 'counts')?.values.every((faults) => faults !== null && faults > 200)).toBe(true);
  });

  it.each([80, 100, 140])('is shown in %d columns, with the change and its interval', async (columns) => {
    const shown = await said(false, columns);
    expect(shown).toMatch(/^throughput +\S+ +\S+ +-\S+ +±\S+ .*exceeds$/m);
    const widest = Math.max(...shown.split('\n').map((line) => [...line].length));
    expect(widest).toBeLessThanOrEqual(columns);
    expect(shown).toMatch(/A change exceeds noise when it is larger than the ± beside it/);
    expect(shown).not.toMatch(/npx faultline run/);
  });
});
