import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchDirectory } from '../testing.testkit';
import { findRun, newRunId, RunFolder } from './run-folder';

describe('run folders', () => {
  const scratch = scratchDirectory();
  const runs = join(scratch.path, 'runs');

  test('ids sort by age and fit a laboratory name', () => {
    const id = newRunId(new Date('2025-11-23T00:19:12.345Z'), () => 0.5);
    expect(id).toMatch(/^20251123-001912-[a-z0-9]{4}$/);
    expect(`run-${id}`.length).toBeLessThanOrEqual(40);
    expect(newRunId(new Date('2025-11-23T00:19:12Z'), () => 0.999_999)).toMatch(/-9{4}$/);
  });

  test("where there are no runs, 'latest' says how to make one", () => {
    expect(() => findRun(runs, 'latest')).toThrow(/no run under .*runs: start one with 'faultline run/);
  });

  test('a place that cannot hold runs is an error that names it', () => {
    expect(() => RunFolder.create('/proc/runs', 'a')).toThrow(/'\/proc\/runs'/);
    expect(() => RunFolder.create(scratch.file('file', ''), 'a')).toThrow(/file/);
  });

  test('a run is found by id, by path and as the latest', () => {
    for (const id of ['20250101-000000-aaaa', '20250102-000000-bbbb']) {
      const folder = RunFolder.create(runs, id);
      expect(existsSync(folder.logs)).toBe(true);
      writeFileSync(folder.log, '');
    }
    mkdirSync(join(runs, '20250103-000000-cccc'), { recursive: true });
    expect(findRun(runs, '20250101-000000-aaaa').id).toBe('20250101-000000-aaaa');
    expect(findRun('elsewhere', join(runs, '20250101-000000-aaaa')).path).toBe(
      join(runs, '20250101-000000-aaaa'),
    );
    // A run without an event log, for instance one that is just beginning, is no latest run.
    expect(findRun(runs, 'latest').id).toBe('20250102-000000-bbbb');
  });

  test('latest~1 is the run before the latest', () => {
    expect(findRun(runs, 'latest~0').id).toBe('20250102-000000-bbbb');
    expect(findRun(runs, 'latest~1').id).toBe('20250101-000000-aaaa');
    expect(() => findRun(runs, 'latest~2')).toThrow(/^no run 'latest~2': there are 2 under .*runs$/);
    expect(() => findRun(runs, 'latest~x')).toThrow(/^no run 'latest~x' with a log\.sqlite/);
  });

  test('an unknown run is answered with those that there are', () => {
    expect(() => findRun(runs, 'nope')).toThrow(
      /no run 'nope' with a log.sqlite: expected 'latest', a path, or an id such as 20250101-000000-aaaa/,
    );
  });
});
