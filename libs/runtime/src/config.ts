import { hostname } from 'node:os';
import { LAB_NAME, type ServiceName } from '@faultline/contracts';
import { z } from 'zod';

/** A whole number as an environment variable has it. */
const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((n) => n >= least && n <= most, `a whole number from ${least} to ${most}`);

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
  FAULTLINE_INSTANCE: z
    .string()
    .min(1)
    .optional()
    .describe('name of this instance; made from host and process id when absent'),
  FAULTLINE_RUN_DIR: z.string().min(1).optional().describe('where the event log is kept'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

/** What whoever makes a laboratory's streams and queues is told by its environment. */
const provisioning = z.object({
  FAULTLINE_REPLICAS: wholeNumber(1, 5)
    .default(1)
    .describe('copies of every stream, queue and bucket; more than 1 needs a cluster of as many servers'),
  FAULTLINE_ACK_WAIT_MILLIS: wholeNumber(1_000, 600_000)
    .default(6_000)
    .describe(
      'time a worker has to settle or extend a work message before another one gets it, in milliseconds; twice the default lease, because the groups of a dead worker must go on soon',
    ),
});

/** How a laboratory's streams and queues are to be made. */
export interface ProvisioningConfig {
  replicas: number;
  ackWaitMillis: number;
}

export interface ServiceConfig {
  service: ServiceName;
  instance: string;
  natsServers: string[];
  lab: string;
  runDirectory: string | undefined;
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
  const data = parse(environment, variables);
  return {
    service,
    instance: data.FAULTLINE_INSTANCE ?? `${service}-${hostname()}-${process.pid}`,
    natsServers: data.NATS_URL.split(',').map((server) => server.trim()),
    lab: data.FAULTLINE_LAB,
    runDirectory: data.FAULTLINE_RUN_DIR,
    logLevel: data.LOG_LEVEL,
  };
}

/** Reads how a laboratory is to be provisioned. Throws {@link ConfigError} for the first variable that is wrong. */
export function readProvisioning(variables: NodeJS.ProcessEnv = process.env): ProvisioningConfig {
  const data = parse(provisioning, variables);
  return { replicas: data.FAULTLINE_REPLICAS, ackWaitMillis: data.FAULTLINE_ACK_WAIT_MILLIS };
}

function parse<T extends z.ZodType>(schema: T, variables: NodeJS.ProcessEnv): z.infer<T> {
  const parsed = schema.safeParse(variables);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const variable = String(issue?.path[0] ?? '');
  throw new ConfigError(variable, variables[variable] ?? '', issue?.message ?? 'another value');
}
