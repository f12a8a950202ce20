import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RecordReader, summarise } from '@faultline/record';
import type { RunReportData } from '@faultline/report';
import { BadInput } from '../errors';
import { RunFolder } from '../run/run-folder';
import { writeOrigin } from '../report/origin';
import { FakeTerminal, scratchDirectory } from '../testing.testkit';
import { smallLog, writeRun } from '../testing-record.testkit';
import { report } from './report';

const scratch = scratchDirectory();
const runs = join(scratch.path, 'runs');
const RUN = '20250101-000000-good';

const write = async (run: string, out?: string): Promise<string> => {
  const terminal = new FakeTerminal();
  expect(await report(run, { runs, out }, terminal)).toBe(0);
  return terminal.output;
};
const dataOf = (run: string): RunReportData =>
  JSON.parse(readFileSync(join(runs, run, 'report.json'), 'utf8')) as RunReportData;

describe('faultline report', () => {
  beforeAll(() => writeRun(runs, RUN));

  test('writes a page and its numbers into the folder of the run, and says where', async () => {
    const page = join(runs, RUN, 'report.html');
    expect(await write('latest')).toBe(`report of run ${RUN}: ${page}\n`);
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>[^]*<h1>small<\/h1>[^]*uPlot \(v1\.6/);
    expect(readFileSync(join(runs, RUN, 'report.csv'), 'utf8')).toMatch(/^totals,accesses,count,,1\r$/m);
    expect(dataOf(RUN)).toMatchObject({
      format: 'faultline-report/2',
      run: { id: RUN, scenario: 'small', seed: 1, timeScale: 10, end: 'finished', lengthMicros: 1_000_000 },
      faults: { sent: 0, settled: 0 },
      audit: { atEnd: false, report: { clean: true } },
    });
  });

  test('what the run did not keep is said to be unknown; what it kept is shown', async () => {
    expect(dataOf(RUN)).toMatchObject({ machine: null, program: null, log: { durability: null } });
    const run = '20250102-000000-kept';
    const folder = new RunFolder(await writeRun(runs, run));
    writeOrigin(folder, { scenarioFile: 'small.yaml', settings: [] });
    const reader = await RecordReader.open(folder.path);
    const summary = await summarise(reader);
    await reader.close();
    folder.writeSummary({
      scenario: 'small',
      profile: 'none',
      timeScale: 10,
      drained: true,
      durability: 'synced',
      deadLetters: 3,
      summary,
    });
    await write(run);
    expect(dataOf(run)).toMatchObject({
      machine: { cores: expect.any(Number) as number, node: process.version },
      program: { version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string },
      log: { durability: 'synced' },
      audit: { atEnd: true },
      totals: expect.arrayContaining([expect.objectContaining({ id: 'deadLetters', count: 3 })]) as unknown,
    });
  });

  test('a run that was interrupted: no end in its log, half a summary, no scenario', async () => {
    const run = '20250103-000000-half';
    const path = await writeRun(runs, run, smallLog(run).slice(0, 2));
    writeFileSync(join(path, 'summary.json'), '{"run":');
    rmSync(join(path, 'scenario.json'));
    await write(run);
    expect(dataOf(run)).toMatchObject({
      run: { scenario: run, end: 'running', lengthMicros: null, seed: null },
      scenario: null,
      topology: null,
    });
  });

  test('--out: another place, with the numbers beside it; and never a name that they would take', async () => {
    const out = join(scratch.path, 'shown.html');
    expect(await write(RUN, out)).toBe(`report of run ${RUN}: ${out}\n`);
    for (const kind of ['html', 'json', 'csv'])
      expect(existsSync(join(scratch.path, `shown.${kind}`))).toBe(true);
    await write(RUN, join(runs, 'beside-the-runs.html'));
    expect(await write('latest')).toMatch(/^report of run 20250103-000000-half: /);
    for (const file of ['report.json', 'report', 'x.csv'])
      await expect(report(RUN, { runs, out: file }, new FakeTerminal())).rejects.toThrow(BadInput);
  });
});
