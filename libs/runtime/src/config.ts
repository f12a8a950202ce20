import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { LAB_NAME, type ServiceName } from '@faultline/contracts';
import { z } from 'zod';
import { FailpointInvalid, type FailpointRule, parseFailpoints } from './failpoints';

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
  FAULTLINE_LEASE_MILLIS: z.coerce
    .number()
    .int()
    .min(300)
    .max(60_000)
    .default(3_000)
    .describe(
      'time without a sign of life after which another replica takes over, in milliseconds: long enough that a busy machine loses nothing, short enough that a crash is hardly felt; the same for all instances',
    ),
  FAULTLINE_REPLICAS: z.coerce
    .number()
    .int()
    .min(1)
    .max(5)
    .default(1)
    .describe('copies of streams and buckets that are made, on a cluster of at least so many servers'),
  FAULTLINE_RUN_DIR: z.string().min(1).optional().describe('where the event log is kept'),
  FAULTLINE_RUNS_DIR: z
    .string()
    .min(1)
    .optional()
    .describe(
      'at a site: the folder with one folder for each run, which the event log and the laboratory share',
    ),
  FAULTLINE_HEARTBEAT_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'at a site: file touched every 2 s while NATS answers, for health checks; absent: none, since most set-ups watch processes',
    ),
  FAULTLINE_FAILPOINTS: z
    .string()
    .optional()
    .describe(
      'for tests: places where this instance is to fail, and how; absent: there is nothing of the kind',
    ),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export interface ServiceConfig {
  service: ServiceName;
  instance: string;
  /** Names this process among all that ever had the name of the instance. */
  session: string;
  natsServers: string[];
  /** Life of a lease: after so long without a sign of life another replica takes over. */
  leaseMillis: number;
  /** Copies of what this instance makes on the server. */
  replicas: number;
  /** Laboratory it serves; at a site, one after the other. */
  lab: string;
  site?: string;
  /** Where the event log of the run is kept. */
  runDirectory: string | undefined;
  /** Where the runs of a site are kept. */
  runsDirectory?: string;
  heartbeatFile?: string;
  /** Where this process is to fail. */
  failpoints?: readonly FailpointRule[];
  logLevel: string;
}

/** An environment variable is not usable. */
export class ConfigError extends Error {
  constructor(
    readonly variable: string,
    readonly found: string,
    readonly expected: string,
  ) {
    super(`environment variable ${variable} is '${found}', expected ${expected}`);
    this.name = 'ConfigError';
  }
}

/** Reads the environment. Throws {@link ConfigError} for the first variable that is wrong. */
export function readConfig(service: ServiceName, variables: NodeJS.ProcessEnv = process.env): ServiceConfig {
  const parsed = environment.safeParse(variables);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const variable = String(issue?.path[0] ?? '');
    throw new ConfigError(variable, variables[variable] ?? '', issue?.message ?? 'another value');
  }
  const { data } = parsed;
  if (data.FAULTLINE_SITE !== undefined && variables['FAULTLINE_LAB'] !== undefined)
    throw new ConfigError('FAULTLINE_LAB', data.FAULTLINE_LAB, 'it to be absent where FAULTLINE_SITE is set');
  return {
    service,
    instance: data.FAULTLINE_INSTANCE ?? `${service}-${hostname()}-${process.pid}`,
    session: randomUUID(),
    natsServers: data.NATS_URL.split(',').map((server) => server.trim()),
    leaseMillis: data.FAULTLINE_LEASE_MILLIS,
    replicas: data.FAULTLINE_REPLICAS,
    lab: data.FAULTLINE_LAB,
    site: data.FAULTLINE_SITE,
    runDirectory: data.FAULTLINE_RUN_DIR,
    runsDirectory: data.FAULTLINE_RUNS_DIR,
    heartbeatFile: data.FAULTLINE_HEARTBEAT_FILE,
    failpoints: failpointsOf(data.FAULTLINE_FAILPOINTS),
    logLevel: data.LOG_LEVEL,
  };
}

function failpointsOf(text: string | undefined): FailpointRule[] | undefined {
  try {
    return text === undefined ? undefined : parseFailpoints(text);
  } catch (error) {
    if (!(error instanceof FailpointInvalid)) throw error;
    throw new ConfigError('FAULTLINE_FAILPOINTS', error.rule, error.expected);
  }
}
