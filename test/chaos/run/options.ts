import { parseArgs } from 'node:util';

export interface ChaosOptions {
  seed: number;
  minutes: number;
  /** Seconds between two acts, on average. */
  every: number;
  leaseMillis: number;
  /** Processes of each service; there is one event log. */
  replicas: number;
}

/** The command line is not usable. The message says what was expected. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

export const USAGE = `usage: npm run chaos -- [options]
  --seed S       what is done to whom and when; default: another one each time, which is printed
  --minutes M    how long (default 10)
  --every N      seconds between two acts, on average (default 3)
  --lease N      life of a lease in milliseconds (default 1000)
  --replicas N   processes of each service but the event log (default 3)
  --help         this text`;

const definitions = {
  seed: { type: 'string' },
  minutes: { type: 'string' },
  every: { type: 'string' },
  lease: { type: 'string' },
  replicas: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** Reads the command line; `help` when it only asks for the usage. Throws {@link UsageError}. */
export function parseOptions(args: readonly string[]): ChaosOptions | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  return {
    seed: numberOf('seed', values.seed, 0) ?? Date.now() % 2 ** 31,
    minutes: numberOf('minutes', values.minutes, 0) ?? 10,
    every: numberOf('every', values.every, 0) ?? 3,
    leaseMillis: numberOf('lease', values.lease, 300) ?? 1_000,
    replicas: numberOf('replicas', values.replicas, 1) ?? 3,
  };
}

/** The command that does the same again. */
export function commandOf({ seed, minutes, every, leaseMillis, replicas }: ChaosOptions): string {
  return `npm run chaos -- --seed ${seed} --minutes ${minutes} --every ${every} --lease ${leaseMillis} --replicas ${replicas}`;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: definitions, strict: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function numberOf(option: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value < least || text.trim() === '')
    throw new UsageError(`--${option} is '${text}', expected a number from ${least}`);
  return value;
}
