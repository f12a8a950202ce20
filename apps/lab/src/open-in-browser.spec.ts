import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openInBrowser } from './open-in-browser';
import { eventually, FakeTerminal, scratchDirectory } from './testing.testkit';

const scratch = scratchDirectory();

/** A PATH with a program in the place of what opens an address on this system. */
function opener(name: string, text: string): string {
  const bin = join(scratch.path, name);
  mkdirSync(bin);
  for (const each of ['xdg-open', 'open'])
    chmodSync(scratch.file(`${name}/${each}`, `#!/bin/sh\n${text}\n`), 0o755);
  return `${bin}:${process.env['PATH']}`;
}

it.each([{ DISPLAY: ':0' }, { WAYLAND_DISPLAY: 'w' }, { BROWSER: 'b', SSH_CONNECTION: 'here there' }])(
  'opens the address where there is a screen: %p',
  async (environment) => {
    const name = Object.keys(environment).join();
    const seen = join(scratch.path, `${name}-seen`);
    const PATH = opener(name, `printf %s "$1" > ${seen}.new; mv ${seen}.new ${seen}`);
    const terminal = new FakeTerminal();
    openInBrowser('http://127.0.0.1:1/#/live', terminal, { ...environment, PATH });
    await eventually('the browser', () => existsSync(seen));
    expect([readFileSync(seen, 'utf8'), terminal.complaints]).toEqual(['http://127.0.0.1:1/#/live', '']);
  },
);

it('says that it does not where nobody would see it, and where there is no browser', async () => {
  const over = new FakeTerminal();
  openInBrowser('http://127.0.0.1:1/', over, { SSH_CONNECTION: 'here there' });
  expect(over.complaints).toMatch(
    /^no browser was opened, since there is no screen here; open the address yourself\n$/,
  );
  const without = new FakeTerminal();
  openInBrowser('http://127.0.0.1:1/', without, { DISPLAY: ':0', PATH: opener('none', 'exit 3') });
  await eventually('the word', () => without.complaints !== '');
  expect(without.complaints).toMatch(/^no browser was opened, since (xdg-)?open knows none; open/);
});
