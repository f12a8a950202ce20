import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { NatsServerMissing } from './errors';

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
  const directories = [
    join(cache, 'nats-server'),
    ...(env['PATH'] ?? '').split(delimiter).filter(Boolean),
    '/usr/sbin',
  ];
  for (const directory of directories) {
    const candidate = join(directory, 'nats-server');
    if (isProgram(candidate)) return candidate;
  }
  throw new NatsServerMissing(['NATS_SERVER_BIN', join(cache, 'nats-server/nats-server'), 'PATH']);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
