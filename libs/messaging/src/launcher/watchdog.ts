import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Writable } from 'node:stream';

/** Waits for the end of its input, which is the end of whoever holds the other side, however it ended; then ends the server. */
const SCRIPT = 'read -r _; kill -TERM "$1" && sleep 5 && kill -KILL "$1"';

/**
 * Ends the server `pid` when this process is gone, even by SIGKILL, so that no private server is left behind. Like the server it
 * has a process group of its own: a signal to ours must not reach it. Kill it to call the watch off.
 */
export function startWatchdog(pid: number): ChildProcessByStdio<Writable, null, null> {
  const watchdog = spawn('/bin/sh', ['-c', SCRIPT, 'faultline-watchdog', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  // Without a shell there is no watch, which is no reason to go without a server.
  watchdog.on('error', () => undefined);
  watchdog.stdin.on('error', () => undefined);
  watchdog.unref();
  return watchdog;
}
