import { countOf, numberOf, readOptions } from '../../kit/run-options';

export interface ChaosOptions {
  seed: number;
  minutes: number;
  /** Seconds between two acts, on average. */
  every: number;
  leaseMillis: number;
  /** Processes of each service; there is one event log. */
  replicas: number;
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

/** Reads the command line; `help` when it only asks for the usage. Throws `UsageError`. */
export function parseOptions(args: readonly string[]): ChaosOptions | 'help' {
  const values = readOptions(args, definitions);
  if (values.help) return 'help';
  return {
    seed: countOf('seed', values.seed, 0) ?? Date.now() % 2 ** 31,
    minutes: numberOf('minutes', values.minutes, 0) ?? 10,
    every: numberOf('every', values.every, 0) ?? 3,
    leaseMillis: countOf('lease', values.lease, 300) ?? 1_000,
    replicas: countOf('replicas', values.replicas, 1) ?? 3,
  };
}

/** The command that does the same again. */
export function commandOf({ seed, minutes, every, leaseMillis, replicas }: ChaosOptions): string {
  return `npm run chaos -- --seed ${seed} --minutes ${minutes} --every ${every} --lease ${leaseMillis} --replicas ${replicas}`;
}
