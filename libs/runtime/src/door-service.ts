import { toError } from '@faultline/hosting';
import type { ServiceName } from '@faultline/contracts';
import { readConfig } from './config';
import { CurrentEngagement } from './current-engagement';
import { ConfigError } from './environment';
import type { DoorContent } from './http/content';
import { openDoor } from './http/open-door';
import { createLogger } from './logging';

/**
 * A service that has a door and nothing else: it serves no laboratory and needs no NATS, and answers from what is on disk until SIGTERM
 * or SIGINT. Exit status 0 after an orderly end, 1 after a failure, which is one line on standard error.
 */
export async function runDoor(service: ServiceName, http: () => DoorContent): Promise<void> {
  try {
    const config = readConfig(service);
    if (!config.http) throw new ConfigError('FAULTLINE_HTTP', '', 'the address to answer at, such as 8080');
    const door = await openDoor(config.http, new CurrentEngagement(config, createLogger(config)), http());
    const end = (): void => void door.close().finally(() => process.exit(0));
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, end);
  } catch (error) {
    process.stderr.write(`${service}: ${toError(error).message}\n`);
    process.exitCode = 1;
  }
}
