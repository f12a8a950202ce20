import { LAB_NAME } from '@faultline/contracts';
import { connectNats, jetStreamOf, type NatsLink } from '@faultline/messaging';
import type { JetStreamManager } from 'nats';
import { BadInput } from '../errors';

/** Options of every command that looks after a server. */
export interface ServerFlags {
  nats?: string;
}

export interface Server {
  link: NatsLink;
  jsm: JetStreamManager;
  /** Its addresses, as they were given. */
  servers: string[];
}

const DEFAULT_SERVER = 'nats://127.0.0.1:4222';
/** A person waits. */
const WAIT_MILLIS = 3_000;

/** Does something on the server that `--nats`, else NATS_URL names. Rejects with `NatsUnreachable` or `JetStreamMissing`. */
export async function onServer<T>(
  flags: ServerFlags,
  environment: NodeJS.ProcessEnv,
  act: (server: Server) => Promise<T>,
): Promise<T> {
  const servers = (flags.nats ?? (environment['NATS_URL'] || DEFAULT_SERVER))
    .split(',')
    .map((each) => each.trim());
  const link = await connectNats({ url: servers, name: 'faultline', waitMillis: WAIT_MILLIS });
  try {
    return await act({ link, jsm: await jetStreamOf(link), servers });
  } finally {
    await link.close();
  }
}

/** The laboratory that is meant: what was asked for, else FAULTLINE_LAB, else the name services use without one. */
export function labOf(asked: string | undefined, environment: NodeJS.ProcessEnv): string {
  const lab = asked ?? (environment['FAULTLINE_LAB'] || 'lab');
  if (LAB_NAME.test(lab)) return lab;
  throw new BadInput(`no laboratory can be named '${lab}': expected 1 to 40 letters a-z, digits and '-'`);
}
