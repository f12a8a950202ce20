import { parseArgs, type ParseArgsConfig } from 'node:util';

/** The command line is not usable. The message says what was expected. */
export class UsageError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UsageError';
  }
}

/** The values of a command line that has options only. Throws {@link UsageError}. */
export function readOptions<Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** The number that an option gives, `least` or more; undefined without it. Throws {@link UsageError}. */
export function numberOf(option: string, text: string | undefined, least: number): number | undefined {
  const value = valueOf(text);
  if (value === undefined || (Number.isFinite(value) && value >= least)) return value;
  throw new UsageError(`--${option} is '${text}', expected a number from ${least}`);
}

/** The same for what is counted. */
export function countOf(option: string, text: string | undefined, least: number): number | undefined {
  const value = valueOf(text);
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return value;
  throw new UsageError(`--${option} is '${text}', expected a whole number from ${least}`);
}

function valueOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return text.trim() === '' ? Number.NaN : Number(text);
}
