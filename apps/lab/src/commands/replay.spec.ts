import type { LoggedMessage } from '@faultline/audit';
import { labSchema, type ResolvedScenario, segmentSchema } from '@faultline/contracts';
import { join } from 'node:path';
import { faultline } from '../command-line.testkit';
import type { ReplayReport } from '../print/replay-lines';
import { checkScenario } from '../scenario/preflight';
import { scratchDirectory } from '../testing.testkit';
import { smallLog, writeRun } from '../testing-record.testkit';

const RUN = '20250101-000000-good';
const scratch = scratchDirectory();

/** A run of a whole scenario, with what one of its segments wrote. */
function logOf(scenario: ResolvedScenario): LoggedMessage[] {
  const [loaded, ...rest] = smallLog(RUN);
  if (!loaded) throw new Error('a log has a first message');
  const event = { kind: 'ScenarioLoaded', run: RUN, scenario, atMicros: 1 } as const;
  return [{ ...loaded, body: labSchema.encode([event]) }, ...rest];
}

describe('faultline replay', () => {
  const runs = join(scratch.path, 'runs');
  const replay = (run: string, ...words: string[]) => faultline(['replay', run, '--runs', runs, ...words]);
  const report = async (run: string, ...words: string[]): Promise<ReplayReport> =>
    JSON.parse((await replay(run, '--json', ...words)).output) as ReplayReport;
  let log: LoggedMessage[];

  beforeAll(async () => {
    const { resolved } = await checkScenario('examples/small.yaml', []);
    log = logOf(resolved);
    await writeRun(runs, RUN, log);
  });

  test('names the state of each unit, the same as often as it is asked', async () => {
    const { exit, output } = await replay(RUN);
    expect(exit).toBe(0);
    expect(output).toMatch(
      /^run 20250101-000000-good\nreplay passed: the same states from the first message on and from every snapshot on the way \(messages 1, snapshots 1\)\n {2}unit +messages +snapshots +state at 3\n/,
    );
    expect(output).toMatch(/^ {2}segment\.0 +1 +1 +[0-9a-f]{16}$/m);
    expect(output).toMatch(/^ {2}mm\.0 +0 +0 +[0-9a-f]{16}$/m);
    expect((await replay(RUN)).output).toBe(output);
  });

  test('folds to a moment, and one unit only', async () => {
    const [after, before] = [
      await report(RUN, '--unit', 'segment.0'),
      await report(RUN, '--unit', 'segment.0', '--at', '1'),
    ];
    expect([after.units.length, after.at, before.at]).toEqual([1, 3, 1]);
    expect(after.units[0]).toMatchObject({ unit: 'segment.0', messages: 1, snapshots: 1 });
    expect(after.units[0]?.stateHash).toMatch(/^[0-9a-f]{64}$/);
    expect(before.units[0]?.stateHash).not.toBe(after.units[0]?.stateHash);
  });

  test('says which unit cannot be folded, where and why, and replays the others', async () => {
    const damaged = log.map((message) =>
      message.sequence === 2 ? { ...message, body: segmentSchema.encode([]).fill(0xff, 0, 1) } : message,
    );
    await writeRun(runs, '20250101-000000-torn', damaged);
    const { exit, output } = await replay('20250101-000000-torn');
    expect(exit).toBe(1);
    expect(output).toMatch(/^replay FAILED for 1 of the units$/m);
    expect(output).toMatch(/^ {2}segment\.0 +0 +0 +none$/m);
    expect(output).toMatch(/^ {2}segment\.0 cannot be folded at sequence 2: /m);
  });

  test('refuses what the run does not have', async () => {
    expect(await replay(RUN, '--unit', 'mm.9')).toMatchObject({
      exit: 2,
      said: expect.stringMatching(/^faultline: --unit mm\.9: the run has segment\.0, /) as string,
    });
    expect(await replay(RUN, '--at', '4')).toMatchObject({
      exit: 2,
      said: expect.stringContaining(`--at 4: the record of ${RUN} ends at sequence 3`) as string,
    });
    await writeRun(runs, '20250101-000000-bare', smallLog('20250101-000000-bare'));
    expect(await replay('20250101-000000-bare')).toMatchObject({
      exit: 2,
      said: expect.stringContaining('does not begin with a whole scenario') as string,
    });
  });
});
