import { join, resolve } from 'node:path';
import { NatsServerMissing } from './errors';
import { findProgram, foldersOfPath, isProgram } from './programs';

/** The repository: libs/messaging/src/launcher, below it in the sources and below dist/ in the build. */
function repositoryRoot(): string {
  const above = resolve(__dirname, '../../../..');
  return above.endsWith('dist') ? resolve(above, '..') : above;
}

/**
 * Finds the nats-server binary: `NATS_SERVER_BIN`, then `$FAULTLINE_CACHE` or `<root>/.cache` as scripts/setup.sh fills it, then
 * `PATH` and /usr/sbin, where Debian puts it. Throws {@link NatsServerMissing}; a `NATS_SERVER_BIN` that is no program is not
 * passed over, because someone asked for that one.
 */
export function locateNatsServer(env: NodeJS.ProcessEnv = process.env, root = repositoryRoot()): string {
  const asked = env['NATS_SERVER_BIN'];
  if (asked) {
    if (isProgram(asked)) return asked;
    throw new NatsServerMissing([`NATS_SERVER_BIN=${asked}`]);
  }
  const cache = env['FAULTLINE_CACHE'] || join(root, '.cache');
  const folders = [join(cache, 'nats-server'), ...foldersOfPath(env), '/usr/sbin'];
  const found = findProgram(['nats-server'], folders);
  if (found !== undefined) return found;
  throw new NatsServerMissing(['NATS_SERVER_BIN', join(cache, 'nats-server/nats-server'), 'PATH']);
}
