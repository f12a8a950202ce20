import { countOf, readOptions, UsageError } from '../../kit/run-options';

export interface SimulationRunOptions {
  /** The seeds that are tried. */
  from: number;
  seeds: number;
  /** A defect that is put into the product, to see whether it is found. */
  defect: string | undefined;
  /** Seconds that may be spent to shorten what was found. */
  shrinkSeconds: number;
}

export const usage = (defects: readonly string[]): string => `usage: npm run test:simulation -- [options]
  --seeds N      how many seeds (default 200)
  --from S       the first of them (default 1)
  --seed S       this one only
  --defect NAME  with this defect in the product: ${defects.join(', ')}
  --shrink N     seconds to shorten what was found (default 60)
  --help         this text`;

const definitions = {
  seeds: { type: 'string' },
  from: { type: 'string' },
  seed: { type: 'string' },
  defect: { type: 'string' },
  shrink: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** Reads the command line; `help` when it only asks for the usage. Throws {@link UsageError}. */
export function parseOptions(
  args: readonly string[],
  defects: readonly string[],
): SimulationRunOptions | 'help' {
  const values = readOptions(args, definitions);
  if (values.help) return 'help';
  const { defect } = values;
  if (defect !== undefined && !defects.includes(defect))
    throw new UsageError(`--defect is '${defect}', expected one of ${defects.join(', ')}`);
  const seed = countOf('seed', values.seed, 0);
  if (seed !== undefined && (values.seeds ?? values.from) !== undefined)
    throw new UsageError('--seed is one seed, expected neither --seeds nor --from beside it');
  return {
    from: seed ?? countOf('from', values.from, 0) ?? 1,
    seeds: seed === undefined ? (countOf('seeds', values.seeds, 1) ?? 200) : 1,
    defect,
    shrinkSeconds: countOf('shrink', values.shrink, 0) ?? 60,
  };
}

/** The command that shows the same again. */
export function commandOf(seed: number, defect: string | undefined): string {
  return `npm run test:simulation -- --seed ${seed}${defect === undefined ? '' : ` --defect ${defect}`}`;
}
