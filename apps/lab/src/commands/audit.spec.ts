import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { headText } from '@faultline/audit';
import { RecordReader } from '@faultline/record';
import { DataSource } from 'typeorm';
import { RunFolder } from '../run/run-folder';
import { FakeTerminal, scratchDirectory } from '../testing.testkit';
import { smallLog, writeRun } from '../testing-record.testkit';
import { audit } from './audit';

describe('faultline audit', () => {
  const runs = join(scratchDirectory().path, 'runs');
  const audited = async (run: string, json = false) => {
    const terminal = new FakeTerminal();
    return { exit: await audit(run, { runs, json }, terminal), said: terminal.output };
  };

  test('a whole record passes; every invariant has its line', async () => {
    await writeRun(runs, '20250101-000000-good');
    const { exit, said } = await audited('20250101-000000-good');
    expect(said).toMatch(/^run 20250101-000000-good\naudit passed: .* over 4 events in 3 messages\n/);
    for (let number = 1; number <= 9; number += 1)
      expect(said).toMatch(new RegExp(`^  I${number}  (holds|not checked) `, 'm'));
    expect(said).toMatch(/^ {2}I8: an audit folds no states/m);
    expect(Math.max(...said.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(exit).toBe(0);
  });

  test('a record that lacks an access fails, with what is wrong and exit status 1', async () => {
    const [loaded, , ended] = smallLog('20250102-000000-lost');
    if (!loaded || !ended) throw new Error('the log is too small');
    await writeRun(runs, '20250102-000000-lost', [loaded, { ...ended, sequence: 2 }]);
    const { exit, said } = await audited('20250102-000000-lost');
    expect(said).toMatch(/audit FAILED: 1 invariant broken, /);
    expect(said).toMatch(
      /I5 at 2, device 0: 0 accesses ended \(0 faulted, 0 hit\), expected 1, the scenario says/,
    );
    expect(exit).toBe(1);
  });

  test('the report as JSON', async () => {
    const { said } = await audited('20250101-000000-good', true);
    expect(JSON.parse(said)).toMatchObject({
      run: '20250101-000000-good',
      clean: true,
      messages: 3,
      runEnded: 'finished',
    });
  });

  describe('of a record that somebody changed', () => {
    let count = 0;
    /** A run whose heads were kept, with the record changed behind its back. */
    const tampered = async (...statements: string[]): Promise<string> => {
      const run = `20250103-000000-t${(count += 1)}`;
      const path = await writeRun(runs, run);
      await keepHeads(path);
      const file = await new DataSource({ type: 'sqlite', database: join(path, 'log.sqlite') }).initialize();
      for (const statement of statements) await file.query(statement);
      await file.destroy();
      return run;
    };

    test('nothing was changed: the chain is the published one', async () => {
      const { exit, said } = await audited(await tampered());
      expect(said).toContain('record whole: its chain is that of all 2 published heads, up to 3\n');
      expect(exit).toBe(0);
    });

    test.each([
      ['DELETE FROM record WHERE sequence = 2', 'missing', /missing sequence at 2: a message is missing/],
      [
        'DELETE FROM record WHERE sequence = 3',
        'missing',
        /missing sequence at 3: a message is missing at the end/,
      ],
      [
        'UPDATE record SET cycle = 9 WHERE sequence = 2',
        'altered',
        /altered batch at 2 on run-.*\.log\.segment\.0: its content/,
      ],
      [
        'UPDATE record SET hash = zeroblob(32) WHERE sequence = 2',
        'broken-link',
        /broken link at 2 on .*: its stored hash/,
      ],
    ])('%s', async (statement, fault, line) => {
      const run = await tampered(statement);
      const { exit, said } = await audited(run);
      expect(said).toMatch(new RegExp(`^record BROKEN: ${line.source}`, 'm'));
      expect(exit).toBe(1);
      expect(JSON.parse((await audited(run, true)).said)).toMatchObject({
        clean: false,
        chain: { first: { fault }, heads: 2, headsTo: 3 },
      });
    });

    test('all hashes were made anew: only the published heads show it, and where', async () => {
      const run = await tampered();
      const path = join(runs, run);
      rmSync(join(path, 'log.sqlite'));
      const [loaded, segment, ended] = smallLog(run);
      if (!loaded || !segment || !ended) throw new Error('the log is too small');
      const headers = { ...segment.headers, cycle: 9 };
      await writeRun(runs, run, [loaded, { ...segment, headers }, ended]);
      const { exit, said } = await audited(run);
      expect(said).toMatch(
        /^record BROKEN: rewritten record at 3: .* a message from 2 to 3 was changed and the hashes made anew$/m,
      );
      expect(exit).toBe(1);
      rmSync(join(path, 'heads.json'));
      expect(await audited(run)).toMatchObject({
        exit: 0,
        said: expect.stringContaining(
          'record whole in itself; no published head to hold it against',
        ) as string,
      });
    });

    test('heads that are none are refused', async () => {
      const run = await tampered();
      writeFileSync(join(runs, run, 'heads.json'), '[{"position":1}]');
      await expect(audited(run)).rejects.toThrow(
        /heads\.json holds no published heads: '\{"position":1\}' is no head/,
      );
    });
  });
});

/** Publishes the first and the last head of a run into its folder. */
async function keepHeads(path: string): Promise<void> {
  const reader = await RecordReader.open(path);
  const heads = [1, 3].map(async (position) =>
    headText({ position, hash: (await reader.hashAt(position)) ?? new Uint8Array(0) }),
  );
  new RunFolder(path).writeHeads(await Promise.all(heads));
  await reader.close();
}
