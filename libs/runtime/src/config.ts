import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import {
  FAULTLINE_VERSION,
  type Format,
  formatOf,
  LAB_NAME,
  NEWEST_FORMAT,
  OLDEST_FORMAT,
  type ServiceName,
} from '@faultline/contracts';
import { DEFAULT_ACK_WAIT_MILLIS } from '@faultline/messaging';
import { z } from 'zod';
import { ConfigError, readVariables, unlessEmpty } from './environment';
import { type HttpConfig, isLoopback, parseAddress } from './http/address';
import { FailpointInvalid, type FailpointRule, parseFailpoints } from './failpoints';
import { readTraceUrl, readTracing, type TracingConfig } from './tracing/config';

/** A whole number as an environment variable has it. */
const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((n) => n >= least && n <= most, `a whole number from ${least} to ${most}`);

const replicas = wholeNumber(1, 5)
  .default(1)
  .describe(
    'copies of every stream, queue and bucket that is made; more than 1 needs a cluster of as many servers; the same for all instances',
  );

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const format = z
  .string()
  .transform((release) => formatOf(release))
  .refine((each) => each !== undefined, `a release from ${OLDEST_FORMAT} to ${FAULTLINE_VERSION}`)
  .optional()
  .transform((each) => each ?? NEWEST_FORMAT)
  .describe(
    'while instances of two versions serve one laboratory: the older of the two, in whose format all of them write; absent: the newest format; the same for all instances',
  );

/** What a service instance is told by its environment; everything about the experiment comes from the scenario in the log. */
const environment = z.object({
  NATS_URL: z
    .string()
    .min(1)
    .default('nats://127.0.0.1:4222')
    .describe('server, or servers separated by commas'),
  FAULTLINE_LAB: z
    .string()
    .regex(LAB_NAME, "1 to 40 letters a-z, digits and '-'")
    .default('lab')
    .describe('laboratory on that server'),
  FAULTLINE_SITE: z
    .string()
    .regex(LAB_NAME, "1 to 40 letters a-z, digits and '-'")
    .optional()
    .describe(
      'site this instance stands at, in place of one laboratory; absent: a service belongs to one run, which starts and ends it',
    ),
  FAULTLINE_INSTANCE: z
    .string()
    .min(1)
    .optional()
    .describe('name of this instance; made from host and process id when absent'),
  FAULTLINE_LEASE_MILLIS: wholeNumber(300, 60_000)
    .default(3_000)
    .describe(
      'time without a sign of life after which another replica takes over, in milliseconds: long enough that a busy machine loses nothing, short enough that a crash is hardly felt; the same for all instances',
    ),
  FAULTLINE_REPLICAS: replicas,
  FAULTLINE_SNAPSHOT_EVENTS: wholeNumber(1, 999_999_999)
    .default(50_000)
    .describe(
      'events of a unit from one snapshot to the next, or more when its state is large: folding so many takes some tenths of a second, which a takeover then costs at most; a snapshot costs the unit the encoding of its state, and the wait for an append under way',
    ),
  FAULTLINE_TRIM_ABOVE_PERCENT: wholeNumber(1, 100)
    .default(50)
    .describe(
      "share of its size limit from which on the event log removes from the laboratory's log what nobody needs any more, in percent; 100: never",
    ),
  FAULTLINE_FORMAT: format,
  FAULTLINE_RUN_DIR: z.string().min(1).optional().describe('where the event log is kept'),
  FAULTLINE_RUNS_DIR: z
    .string()
    .min(1)
    .optional()
    .describe(
      'at a site: the folder with one folder for each run, which the event log and the laboratory share',
    ),
  FAULTLINE_STUDIES_DIR: unlessEmpty(z.string()).describe(
    "where the event log looks for studies to show; absent: the folder 'studies' beside that of the runs",
  ),
  FAULTLINE_HEARTBEAT_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'at a site: file touched every 2 s while NATS answers, for health checks; absent: none, since most set-ups watch processes',
    ),
  FAULTLINE_HTTP: unlessEmpty(
    z
      .string()
      .transform((text) => parseAddress(text))
      .refine((address) => address !== undefined, '[host:]port, such as 8080 or 127.0.0.1:8080'),
  ).describe(
    'where this instance answers over HTTP, as `[host:]port`: API, metrics and health; the host is 127.0.0.1 by default, and another than a loopback address needs a token; absent: nowhere',
  ),
  FAULTLINE_TOKEN: unlessEmpty(
    z
      .string()
      // A header cannot carry anything; and there is no limit to how often somebody may guess.
      .regex(/^[\x21-\x7e]{16,200}$/, '16 to 200 letters, digits and signs without blanks'),
  ).describe('what every request over HTTP has to show; absent: requests may change nothing'),
  FAULTLINE_FAILPOINTS: z
    .string()
    .optional()
    .describe(
      'for tests: places where this instance is to fail, and how; absent: there is nothing of the kind',
    ),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, `one of ${LOG_LEVELS.join(', ')}`)
    .default('info')
    .describe('least level of what this instance logs'),
});

/** What whoever makes a laboratory's streams and queues is told by its environment. */
const provisioning = z.object({
  FAULTLINE_REPLICAS: replicas,
  FAULTLINE_FORMAT: format,
  FAULTLINE_ACK_WAIT_MILLIS: wholeNumber(1_000, 600_000)
    .default(DEFAULT_ACK_WAIT_MILLIS)
    .describe(
      'time a worker has to settle or extend a work message before another one gets it, in milliseconds; twice the default lease, because the groups of a dead worker must go on soon',
    ),
});

/** How a laboratory's streams and queues are to be made. */
export interface ProvisioningConfig {
  replicas: number;
  /** What is written, so that all instances can read it. */
  format: Format;
  ackWaitMillis: number;
}

export interface ServiceConfig {
  service: ServiceName;
  instance: string;
  /** Names this process among all that ever had the name of the instance. */
  session: string;
  natsServers: string[];
  /** Life of a lease: after so long without a sign of life another replica takes over. */
  leaseMillis: number;
  /** Events of a unit from one snapshot to the next. */
  snapshotEvents: number;
  /** Share of the log's size limit, from 0 to 1, from which on it is trimmed. */
  trimAbove: number;
  /** What it writes, so that other instances can read it. */
  format: Format;
  /** Copies of what this instance makes on the server. */
  replicas: number;
  /** Laboratory it serves; at a site, one after the other. */
  lab: string;
  site?: string;
  /** Where the event log of the run is kept. */
  runDirectory: string | undefined;
  /** Where the runs of a site are kept. */
  runsDirectory?: string;
  /** Where studies are kept, if not beside the runs. */
  studiesDirectory?: string;
  heartbeatFile?: string;
  /** Where it answers over HTTP; absent: nowhere. */
  http?: HttpConfig;
  /** Where it exports traces to, and of what; absent: there are none. */
  tracing?: TracingConfig;
  /** Where a trace can be looked at, with {@link TRACE_ID} in the place of its id; absent: nowhere that is known. */
  traceUrl?: string;
  /** Where this process is to fail. */
  failpoints?: readonly FailpointRule[];
  logLevel: string;
}

/** Reads the environment. Throws `ConfigError` for the first variable that is wrong. */
export function readConfig(service: ServiceName, variables: NodeJS.ProcessEnv = process.env): ServiceConfig {
  const data = readVariables(environment, variables);
  if (data.FAULTLINE_SITE !== undefined && variables['FAULTLINE_LAB'] !== undefined)
    throw new ConfigError('FAULTLINE_LAB', data.FAULTLINE_LAB, 'it to be absent where FAULTLINE_SITE is set');
  return {
    service,
    instance: data.FAULTLINE_INSTANCE ?? `${service}-${hostname()}-${process.pid}`,
    session: randomUUID(),
    natsServers: data.NATS_URL.split(',').map((server) => server.trim()),
    leaseMillis: data.FAULTLINE_LEASE_MILLIS,
    snapshotEvents: data.FAULTLINE_SNAPSHOT_EVENTS,
    trimAbove: data.FAULTLINE_TRIM_ABOVE_PERCENT / 100,
    format: data.FAULTLINE_FORMAT,
    replicas: data.FAULTLINE_REPLICAS,
    lab: data.FAULTLINE_LAB,
    site: data.FAULTLINE_SITE,
    runDirectory: data.FAULTLINE_RUN_DIR,
    runsDirectory: data.FAULTLINE_RUNS_DIR,
    studiesDirectory: data.FAULTLINE_STUDIES_DIR,
    heartbeatFile: data.FAULTLINE_HEARTBEAT_FILE,
    http: httpOf(data),
    tracing: readTracing(variables),
    traceUrl: readTraceUrl(variables),
    failpoints: failpointsOf(data.FAULTLINE_FAILPOINTS),
    logLevel: data.LOG_LEVEL,
  };
}

/** Reads how a laboratory is to be provisioned. Throws `ConfigError` for the first variable that is wrong. */
export function readProvisioning(variables: NodeJS.ProcessEnv = process.env): ProvisioningConfig {
  const data = readVariables(provisioning, variables);
  return {
    replicas: data.FAULTLINE_REPLICAS,
    format: data.FAULTLINE_FORMAT,
    ackWaitMillis: data.FAULTLINE_ACK_WAIT_MILLIS,
  };
}

function httpOf({
  FAULTLINE_HTTP: address,
  FAULTLINE_TOKEN: token,
}: z.infer<typeof environment>): HttpConfig | undefined {
  if (!address) return undefined;
  if (token === undefined && !isLoopback(address.host)) {
    const found = `${address.host}:${address.port}`;
    const expected = 'a loopback address such as 127.0.0.1, or FAULTLINE_TOKEN to be set for others who ask';
    throw new ConfigError('FAULTLINE_HTTP', found, expected);
  }
  return { ...address, token };
}

function failpointsOf(text: string | undefined): FailpointRule[] | undefined {
  try {
    return text === undefined ? undefined : parseFailpoints(text);
  } catch (error) {
    if (!(error instanceof FailpointInvalid)) throw error;
    throw new ConfigError('FAULTLINE_FAILPOINTS', error.rule, error.expected);
  }
}
