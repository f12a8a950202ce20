import { ScenarioError } from '@faultline/contracts';
import { KvUnavailable, LogFull } from '@faultline/hosting';
import { ErrorReporter } from './error-reporter';
import { BadInput, Exit, Interrupted, RunFailed } from './errors';
import { FakeTerminal } from './testing.testkit';

function report(thrown: unknown, debug = false): { exit: Exit; said: string } {
  const terminal = new FakeTerminal();
  const exit = new ErrorReporter(terminal, debug).report(thrown);
  return { exit, said: terminal.complaints };
}
const system = (code: string, path?: string): Error =>
  Object.assign(new Error(`${code}: broken`), { code, path });

describe('the error reporter', () => {
  test.each([
    [new BadInput('no such run'), Exit.BAD_INPUT, 'faultline: no such run\n'],
    [new ScenarioError('a.yaml', 3, 'x', 'y'), Exit.BAD_INPUT, 'faultline: a.yaml:3: found x, expected y\n'],
    [
      new RunFailed('it died', { details: ['last', 'words'] }),
      Exit.FAILED,
      'faultline: it died\n  | last\n  | words\n',
    ],
    [new Interrupted(), Exit.INTERRUPTED, 'faultline: stopped before the run had begun\n'],
    [
      new LogFull('a.log'),
      Exit.FAILED,
      'faultline: append to a.log refused: the log is full; raise its size limit or let it be trimmed\n',
    ],
    [
      new KvUnavailable('site-1', 'no answer within 2 s'),
      Exit.FAILED,
      "faultline: the key-value store did not answer for 'site-1' (no answer within 2 s)\n",
    ],
    [
      system('ENOSPC', '/runs/1'),
      Exit.FAILED,
      'faultline: disk full: /runs/1: free some space, or keep runs elsewhere with --runs DIR\n',
    ],
    [
      system('EACCES', '/runs'),
      Exit.FAILED,
      'faultline: permission denied: /runs: give yourself access, or keep runs elsewhere with --runs DIR\n',
    ],
    [
      new Error('wrapped', { cause: system('SQLITE_FULL') }),
      Exit.FAILED,
      expect.stringMatching(/disk full while writing the event log/),
    ],
    ['a string', Exit.FAILED, expect.stringMatching(/^faultline: Error: a string \(this is a defect/)],
  ])('%s is one clear line', (thrown, exit, said) => {
    expect(report(thrown)).toEqual({ exit, said });
  });

  test('the last words of another program go below the line', () => {
    const error = Object.assign(
      new Error('nats-server ended at once (exit code 1); its last words:\n  [FTL] no room'),
      { name: 'NatsServerFailed' },
    );
    expect(report(error).said).toBe(
      'faultline: nats-server ended at once (exit code 1); its last words:\n  | [FTL] no room\n',
    );
  });

  test('a stack trace appears only when asked for, with its causes', () => {
    const error = new RunFailed('outer', { cause: new Error('inner') });
    expect(report(error).said).toBe('faultline: outer\n');
    expect(report(error, true).said).toMatch(/RunFailed: outer\n\s+at [^]*caused by: Error: inner\n\s+at /);
  });
});
