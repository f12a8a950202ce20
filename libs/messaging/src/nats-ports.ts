import type { JetStreamManager } from 'nats';
import type { NatsLink } from './connection';
import { JetStreamMissing, JetStreamNotReady } from './errors';
import { NatsDeadLetters, type NatsDeadLettersOptions } from './nats-dead-letters';
import { NatsLanes } from './nats-lanes';
import { NatsLog, type NatsLogOptions } from './nats-log';
import { NatsWork, type NatsWorkOptions } from './nats-work';
import { isPassing, patiently } from './patience';
import { SystemClock } from './system-clock';

export interface NatsPorts {
  log: NatsLog;
  work: NatsWork;
  lanes: NatsLanes;
  deadLetters: NatsDeadLetters;
  clock: SystemClock;
}

export type NatsPortsOptions = NatsLogOptions & NatsWorkOptions & Pick<NatsDeadLettersOptions, 'onLost'>;

/** The management API of the connection's server. Rejects with {@link JetStreamMissing} or {@link JetStreamNotReady}. */
export async function jetStreamOf(link: NatsLink): Promise<JetStreamManager> {
  return patiently(() => link.nc.jetstreamManager()).catch((error: unknown) => {
    throw isPassing(error) ? new JetStreamNotReady({ cause: error }) : new JetStreamMissing({ cause: error });
  });
}

/** All ports of one laboratory over one connection. The laboratory must have been provisioned. */
export async function natsPorts(link: NatsLink, options: NatsPortsOptions): Promise<NatsPorts> {
  const jsm = await jetStreamOf(link);
  return {
    log: new NatsLog(link, options),
    work: new NatsWork(link, jsm, options),
    lanes: new NatsLanes(link),
    deadLetters: new NatsDeadLetters(link, options),
    clock: new SystemClock(),
  };
}
