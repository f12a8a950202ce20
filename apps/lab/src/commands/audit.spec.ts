import { join } from 'node:path';
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
    expect(Math.max(...said.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(exit).toBe(0);
  });

  test('a record that lacks an access fails, with what is wrong and exit status 1', async () => {
    const [loaded, , ended] = smallLog('20250102-000000-lost');
    if (!loaded || !ended) throw new Error('the log is too small');
    await writeRun(runs, '20250102-000000-lost', [loaded, { ...ended, sequence: 2 }]);
    const { exit, said } = await audited('20250102-000000-lost');
    expect(said).toMatch(/audit FAILED: 1 invariants broken/);
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
});
