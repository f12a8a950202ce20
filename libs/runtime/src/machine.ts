import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';

/** A machine on which something is measured. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryBytes: number;
  os: string;
  /** Version of Node.js. */
  node: string;
}

/** The machine that this process runs on. */
export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() || 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    os: `${type()} ${release()}`,
    node: process.version,
  };
}

/**
 * The commit of the checkout that the directory is in (this program's, by default), with a mark when a file of it was changed
 * since; null for an export of the sources or a container. A file that the checkout does not know is no change: notes and
 * scenarios of one's own lie there, and nothing that is in the commit uses them.
 */
export function checkoutCommit(directory = __dirname): string | null {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, {
        cwd: directory,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
    const changed = git('status', '--porcelain', '--untracked-files=no');
    return git('rev-parse', '--short', 'HEAD') + (changed === '' ? '' : ' with local changes');
  } catch {
    return null;
  }
}
