import { join } from 'node:path';
import { FakeTerminal, scratchDirectory } from '../testing.testkit';
import { writeRun } from '../testing-record.testkit';
import { fault } from './fault';
import { faults, type FaultsFlags } from './faults';

describe('faultline faults', () => {
  const runs = join(scratchDirectory().path, 'runs');
  beforeAll(() => writeRun(runs, '20250101-000000-aaaa'));
  const list = async (flags: Partial<FaultsFlags>) => {
    const terminal = new FakeTerminal();
    return { exit: await faults('latest', { runs, limit: 50, ...flags }, terminal), terminal };
  };

  test('the tables are built from the record when nobody has built them', async () => {
    const { exit, terminal } = await list({});
    expect({ exit, output: terminal.output, complaints: terminal.complaints }).toEqual({
      exit: 0,
      output: '',
      complaints: 'no such faults in this run\n',
    });
  });

  test.each([
    [{ device: 'nic7' }, /^no device 'nic7' in this run: expected one of nic0, or a number$/],
    [{ code: 'maybe' }, /^no answer 'maybe': expected one of success, invalid, failure, timeout/],
    [{ cursor: 'x' }, /^cursor 'x' is none of this listing$/],
  ])('%j is refused', async (flags, line) => {
    await expect(list(flags)).rejects.toMatchObject({ message: expect.stringMatching(line), exit: 2 });
  });

  test('a fault that is not there is answered with where to look', async () => {
    await expect(fault('latest', '0.1.9', { runs }, new FakeTerminal())).rejects.toThrow(
      "run 20250101-000000-aaaa has no fault 0.1.9: 'faultline faults latest' lists them",
    );
  });
});
