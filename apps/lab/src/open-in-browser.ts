import { spawn } from 'node:child_process';
import type { Terminal } from './terminal';

/** What a system has to open an address in the browser that its user likes. */
const OPENERS: Partial<Record<NodeJS.Platform, string>> = { darwin: 'open', win32: 'explorer' };

/** A system without a browser is no reason to end: the address is there to be read. */
export function openInBrowser(address: string, terminal: Terminal, environment: NodeJS.ProcessEnv): void {
  const opener = OPENERS[process.platform] ?? 'xdg-open';
  const notOpened = (why: string): void =>
    terminal.err(`no browser was opened, since ${why}; open the address yourself\n`);
  if (!hasScreen(environment)) return notOpened('there is no screen here');
  const child = spawn(opener, [address], { env: environment, stdio: 'ignore', detached: true });
  child.on('error', () => notOpened(`there is no ${opener}`));
  // Windows' own says 1 whatever it did.
  if (process.platform !== 'win32')
    child.on('exit', (code) => code !== null && code > 0 && notOpened(`${opener} knows none`));
  child.unref();
}

/** Whether a browser would be seen by who asks for it: not by somebody who came over the network, unless the screen came along. */
function hasScreen(environment: NodeJS.ProcessEnv): boolean {
  const { BROWSER, DISPLAY, WAYLAND_DISPLAY, SSH_CONNECTION } = environment;
  if (BROWSER || DISPLAY || WAYLAND_DISPLAY) return true;
  return process.platform in OPENERS && !SSH_CONNECTION;
}
