/** A file of vectors that does not say what its format requires. The message names the place and what is wrong there. */
export class ConformanceFileInvalid extends Error {
  override readonly name = 'ConformanceFileInvalid';

  constructor(
    readonly place: string,
    readonly found: unknown,
    readonly wanted: string,
  ) {
    const shown = found === undefined ? 'nothing' : JSON.stringify(found);
    super(`${place} is ${shown.slice(0, 80)}, and must be ${wanted}`);
  }
}

/** Checks a value at a place of a file; throws {@link ConformanceFileInvalid}. */
export type Check = (value: unknown, place: string) => void;

function refuse(value: unknown, place: string, wanted: string): never {
  throw new ConformanceFileInvalid(place, value, wanted);
}

export const text: Check = (value, place) => {
  if (typeof value !== 'string') refuse(value, place, 'a string');
};

export const whole: Check = (value, place) => {
  if (!Number.isSafeInteger(value)) refuse(value, place, 'a whole number');
};

export const flag: Check = (value, place) => {
  if (typeof value !== 'boolean') refuse(value, place, 'true or false');
};

/** A byte address in hexadecimal. */
export const address: Check = (value, place) => {
  if (typeof value !== 'string' || !/^0x[0-9a-f]{1,16}$/.test(value)) {
    refuse(value, place, 'a hexadecimal address of up to 64 bits');
  }
};

/** Each of these letters at most once. */
export function letters(alphabet: string): Check {
  return (value, place) => {
    const known = typeof value === 'string' && [...value].every((letter) => alphabet.includes(letter));
    if (!known) refuse(value, place, `letters of ${alphabet}`);
  };
}

export function oneOf(...values: readonly (string | number)[]): Check {
  return (value, place) => {
    if (!values.some((known) => known === value)) refuse(value, place, `one of ${values.join(', ')}`);
  };
}

export function optional(check: Check): Check {
  return (value, place) => {
    if (value !== undefined) check(value, place);
  };
}

export function nullable(check: Check): Check {
  return (value, place) => {
    if (value !== null) check(value, place);
  };
}

export function listOf(check: Check): Check {
  return (value, place) => {
    if (!Array.isArray(value)) refuse(value, place, 'a list');
    value.forEach((entry, i) => check(entry, `${place}[${i}]`));
  };
}

/** Values by names that the format does not fix. */
export function mapOf(check: Check): Check {
  return (value, place) => {
    for (const [key, entry] of Object.entries(fieldsOf(value, place))) check(entry, `${place}.${key}`);
  };
}

/** At least these fields; others are left to whoever compares. */
export function shape(fields: Readonly<Record<string, Check>>): Check {
  return (value, place) => {
    const present = fieldsOf(value, place);
    for (const [key, check] of Object.entries(fields)) check(present[key], `${place}.${key}`);
  };
}

/** The fields of an object. */
export function fieldsOf(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(value, place, 'an object');
  return value as Readonly<Record<string, unknown>>;
}
