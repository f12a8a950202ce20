import { parseArgs } from 'node:util';
import { type SystemName, systemNames } from './support/system';

export interface BenchOptions {
  quick: boolean;
  /** Only the deciders in one process: no server, no services. */
  pure: boolean;
  /** Only the simulator in one process, and the deciders that it is compared with. */
  simulator: boolean;
  /** Also one simulation of 10,000 devices. */
  large: boolean;
  rounds: number;
  outstanding: number[];
  /** Time over which faults are counted, in milliseconds. */
  windowMillis: number;
  workers: number;
  systems: SystemName[];
  /** Faults of a memory run; absent: no memory run. */
  soakFaults: number | undefined;
  writeDocs: boolean;
  profileDirectory: string | undefined;
}

/** The command line is not usable. The message says what to do. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

export const USAGE = `usage: npm run bench -- [options]
  --quick                one short round at 1024 outstanding, to see that everything works
  --pure                 only the deciders in one process: a few seconds, no server, no services
  --simulator            only the simulator, beside the deciders alone
  --large                with it a simulation of 10,000 devices and 10,000,000 faults: ten minutes more
  --rounds N             counted rounds, after one that warms up (default 5)
  --outstanding A,B      faults in flight (default 256,1024,4096)
  --window-millis N      time over which faults are counted in a round (default 3000)
  --workers N            IOPF workers of Faultline (default 1)
  --only A,B             of ${systemNames.join(', ')}
  --soak N               memory instead of speed: two runs of N faults, with and without a bounded working set
  --write-docs           write docs/reference/performance.md from the results
  --cpu-prof DIRECTORY   every Faultline service writes a processor profile there
  --help                 this text`;

const definitions = {
  quick: { type: 'boolean', default: false },
  pure: { type: 'boolean', default: false },
  simulator: { type: 'boolean', default: false },
  large: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  outstanding: { type: 'string' },
  'window-millis': { type: 'string' },
  workers: { type: 'string' },
  only: { type: 'string' },
  soak: { type: 'string' },
  'write-docs': { type: 'boolean', default: false },
  'cpu-prof': { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** Reads the command line; `help` when it only asks for the usage. Throws {@link UsageError}. */
export function parseOptions(args: readonly string[]): BenchOptions | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  const { quick } = values;
  return {
    quick,
    pure: values.pure,
    simulator: values.simulator,
    large: values.large,
    rounds: wholeNumber('rounds', values.rounds) ?? (quick ? 1 : 5),
    outstanding:
      values.outstanding?.split(',').map((each) => wholeNumber('outstanding', each) ?? 0) ??
      (quick ? [1024] : [256, 1024, 4096]),
    windowMillis: wholeNumber('window-millis', values['window-millis']) ?? (quick ? 1_000 : 3_000),
    workers: wholeNumber('workers', values.workers) ?? 1,
    systems: values.only?.split(',').map(systemOf) ?? [...systemNames],
    soakFaults: wholeNumber('soak', values.soak),
    writeDocs: values['write-docs'],
    profileDirectory: values['cpu-prof'],
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: definitions, strict: true }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new UsageError(`--${option} is '${text}', expected a whole number from 1`);
  return value;
}

function systemOf(text: string): SystemName {
  const known = systemNames.find((name) => name === text);
  if (known === undefined)
    throw new UsageError(`--only names '${text}', expected some of ${systemNames.join(', ')}`);
  return known;
}
