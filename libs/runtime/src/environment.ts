import { z } from 'zod';

/** A file that hands a variable on makes it empty where it is not set. */
export const unlessEmpty = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

/** Variables whose value is not for a log. */
const SECRETS = new Set([
  'FAULTLINE_TOKEN',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
]);

/** An environment variable is not usable. */
export class ConfigError extends Error {
  constructor(
    readonly variable: string,
    found: string,
    readonly expected: string,
  ) {
    const is = SECRETS.has(variable) ? 'is set to something else' : `is '${found}'`;
    super(`environment variable ${variable} ${is}, expected ${expected}`);
    this.name = 'ConfigError';
  }
}

/** Reads what a schema names. Throws {@link ConfigError} for the first variable that is wrong. */
export function readVariables<T extends z.ZodType>(schema: T, variables: NodeJS.ProcessEnv): z.infer<T> {
  const parsed = schema.safeParse(variables);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const variable = String(issue?.path[0] ?? '');
  throw new ConfigError(variable, variables[variable] ?? '', issue?.message ?? 'another value');
}
