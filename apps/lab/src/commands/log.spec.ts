import { join } from 'node:path';
import { FakeTerminal, scratchDirectory } from '../testing.testkit';
import { smallLog, writeRun } from '../testing-record.testkit';
import { log, type LogFlags } from './log';

describe('faultline log', () => {
  const runs = join(scratchDirectory().path, 'runs');
  const run = '20250101-000000-aaaa';
  beforeAll(() => writeRun(runs, run));

  const lines = async (flags: Partial<LogFlags>): Promise<string[]> => {
    const terminal = new FakeTerminal();
    expect(await log('latest', { runs, ...flags }, terminal)).toBe(0);
    return terminal.output.trimEnd().split('\n');
  };

  test('one line an event, in the order of the log', async () => {
    expect(await lines({})).toEqual([
      '       1 00:00:00.000000  lab          ScenarioLoaded       run=20250101-000000-aaaa scenario={...} atMicros=1763856000000000',
      '       2                  segment.0    SegmentOwnerChanged  segment=0 epoch=1',
      '       2 00:00:00.000000  segment.0    AccessesHit          device=0 atcHits=1 translated=0 ranges=[1] atMicros=1763856000000000',
      '       3 00:00:01.000000  lab          RunEnded             run=20250101-000000-aaaa reason=finished atMicros=1763856001000000',
    ]);
  });

  test('what cannot be read is said, and the others are printed', async () => {
    const foreign = '20250101-000001-bbbb';
    const messages = smallLog(foreign).map((message) =>
      message.sequence === 2 ? { ...message, body: message.body.slice(0, 3) } : message,
    );
    const elsewhere = join(runs, '..', 'elsewhere');
    await writeRun(elsewhere, foreign, messages);
    const terminal = new FakeTerminal();
    expect(await log(foreign, { runs: elsewhere }, terminal)).toBe(0);
    expect(terminal.complaints).toMatch(/^sequence 2: message cannot be decoded: body of 3 bytes/);
    expect(terminal.output.trimEnd().split('\n')).toHaveLength(2);
  });

  test('a part of the log, by sequence or by subject without the laboratory', async () => {
    expect(await lines({ from: 2, to: 2 })).toHaveLength(2);
    expect(await lines({ subject: 'log.segment' })).toHaveLength(2);
    expect(await lines({ subject: `run-${run}.log.lab` })).toHaveLength(2);
  });

  test('a part of the log, by kinds of event; one that does not exist is refused', async () => {
    expect(await lines({ kind: ['RunEnded', 'AccessesHit'] })).toEqual([
      expect.stringMatching(/AccessesHit/),
      expect.stringMatching(/RunEnded/),
    ]);
    await expect(log('latest', { runs, kind: ['RunBegun'] }, new FakeTerminal())).rejects.toThrow(
      /^no event is of the kind 'RunBegun': expected one of .*RunEnded/,
    );
  });

  test('JSON lines, and CloudEvents, one for each event', async () => {
    const json = (await lines({ json: true })).map(
      (line) => JSON.parse(line) as { sequence: number; event: { kind: string } },
    );
    expect(json.map(({ sequence, event }) => [sequence, event.kind])).toContainEqual([2, 'AccessesHit']);
    const events = (await lines({ cloudevents: true })).map(
      (line) => JSON.parse(line) as { specversion: string; id: string; type: string },
    );
    expect(events.map(({ specversion, id, type }) => [specversion, id, type])).toContainEqual([
      '1.0',
      '2.1',
      'faultline.segment.AccessesHit',
    ]);
  });

  test('two forms at once are refused', async () => {
    await expect(log('latest', { runs, json: true, cloudevents: true }, new FakeTerminal())).rejects.toThrow(
      /exclude each other/,
    );
  });
});
