import { join } from 'node:path';
import { PROJECTIONS_FILE } from '@faultline/record';
import { DataSource } from 'typeorm';
import { FakeTerminal, scratchDirectory } from '../testing.testkit';
import { writeRun } from '../testing-record.testkit';
import { rebuild } from './rebuild';

describe('faultline rebuild', () => {
  const runs = join(scratchDirectory().path, 'runs');
  const RUN = '20250101-000000-good';
  const rebuilt = async (json = false) => {
    const terminal = new FakeTerminal();
    return { exit: await rebuild(RUN, { runs, json }, terminal), said: terminal.output };
  };
  const change = async (statement: string): Promise<void> => {
    const database = join(runs, RUN, PROJECTIONS_FILE);
    const file = await new DataSource({ type: 'sqlite', database }).initialize();
    await file.query(statement);
    await file.destroy();
  };
  beforeAll(() => writeRun(runs, RUN));

  test('builds, then proves identical, then shows what somebody changed', async () => {
    expect(await rebuilt()).toEqual({
      exit: 0,
      said: expect.stringMatching(
        /^run 20250101-000000-good\nprojections built from 3 messages: 0 rows in fault, \d+ rows in counter, 1 rows in progress; there were none/,
      ) as string,
    });
    expect(await rebuilt()).toMatchObject({
      exit: 0,
      said: expect.stringContaining('\nprojections identical: built from 3 messages: ') as string,
    });
    await change(`UPDATE counter SET count = 7 WHERE name = 'RunEnded'`);
    const { exit, said } = await rebuilt();
    expect(exit).toBe(1);
    expect(said).toMatch(/^projections DIFFERED from what the record gives: counter$/m);
    expect(said).toMatch(/^ {4}RunEnded: count was 7, is 1$/m);
    expect(said).toMatch(/what was there before is in .*projections\.before\.sqlite$/m);
    expect(JSON.parse((await rebuilt(true)).said)).toMatchObject({ run: RUN, identical: true, kept: null });
  });

  test('a file of a newer program is left alone', async () => {
    await change(`UPDATE meta SET value = '99' WHERE key = 'schemaVersion'`);
    await expect(rebuilt()).rejects.toThrow(/has schema version 99, this program knows versions up to 1/);
  });
});
