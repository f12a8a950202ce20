import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkoutCommit } from './machine';

describe('the commit of a checkout', () => {
  const directory = mkdtempSync(join(tmpdir(), 'faultline-checkout-'));
  const git = (...words: string[]): string =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...words], {
      cwd: directory,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
  afterAll(() => rmSync(directory, { recursive: true }));

  it('is none where there is no checkout', () => {
    expect(checkoutCommit(directory)).toBeNull();
  });

  it('says when a file of it was changed, and not when there is one that it does not know', () => {
    git('init', '--quiet');
    write('kept', 'as it was');
    git('add', 'kept');
    git('commit', '--quiet', '--message', 'first');
    const commit = git('rev-parse', '--short', 'HEAD');
    write('notes', 'mine');
    expect(checkoutCommit(directory)).toBe(commit);
    write('kept', 'another');
    expect(checkoutCommit(directory)).toBe(`${commit} with local changes`);
  });
});
