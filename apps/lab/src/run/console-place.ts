import { createServer } from 'node:net';
import { type HttpConfig, readConfig, urlOf } from '@faultline/runtime';
import { BadInput } from '../errors';

/** Any free port of this machine, unless the environment says where. */
const ANYWHERE = '0';

/** Where the console of a run, or of a system that stands, is to be. */
export interface ConsolePlace {
  /** As FAULTLINE_HTTP has it. */
  address: string;
  url: string;
}

/**
 * Settles where the console will be before any service is started: one that has to be started again is found at the same address.
 * Rejects with {@link BadInput} when somebody else listens there, and with `ConfigError` for what is no address.
 */
export async function consolePlace(environment: NodeJS.ProcessEnv): Promise<ConsolePlace> {
  const { FAULTLINE_TOKEN, FAULTLINE_HTTP } = environment;
  const { http } = readConfig('event-log', { FAULTLINE_TOKEN, FAULTLINE_HTTP: FAULTLINE_HTTP || ANYWHERE });
  if (!http) throw new Error('a door without an address');
  const port = await freePort(http);
  const host = http.host.includes(':') ? `[${http.host}]` : http.host;
  return { address: `${host}:${port}`, url: urlOf(http.host, port) };
}

function freePort({ host, port }: HttpConfig): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'somebody listens there already' : error.message;
      reject(
        new BadInput(`the console cannot be at ${urlOf(host, port)}: ${why}; choose another port`, {
          cause: error,
        }),
      );
    });
    server.listen(port, host, () => {
      const { port: found } = server.address() as { port: number };
      server.close(() => resolve(found));
    });
  });
}
