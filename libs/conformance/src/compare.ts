/** Where two values differ first. */
export interface Difference {
  /** As in `hw[0].code`; empty when the values themselves differ. */
  path: string;
  expected: unknown;
  actual: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Compares two values of plain data by structure: primitives (numbers and big integers too) by identity, arrays in order,
 * objects by their keys in any order. A key that holds `undefined` is an absent key. Returns the first difference, with the
 * keys of `expected` first, or `undefined` when there is none.
 */
export function firstDifference(expected: unknown, actual: unknown, path = ''): Difference | undefined {
  if (Object.is(expected, actual)) return undefined;
  if (Array.isArray(expected) && Array.isArray(actual)) return firstInArrays(expected, actual, path);
  if (isFields(expected) && isFields(actual)) return firstInFields(expected, actual, path);
  return { path, expected, actual };
}

function firstInArrays(
  expected: readonly unknown[],
  actual: readonly unknown[],
  path: string,
): Difference | undefined {
  const length = Math.max(expected.length, actual.length);
  for (let i = 0; i < length; i += 1) {
    // Paths are made only for what differs: most comparisons find nothing.
    if (Object.is(expected[i], actual[i]) && i < expected.length && i < actual.length) continue;
    const difference = firstDifference(expected[i], actual[i], `${path}[${i}]`);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function firstInFields(expected: Fields, actual: Fields, path: string): Difference | undefined {
  for (const key of Object.keys(expected)) {
    const [left, right] = [expected[key], actual[key]];
    if (Object.is(left, right)) continue;
    const difference = firstDifference(left, right, path === '' ? key : `${path}.${key}`);
    if (difference !== undefined) return difference;
  }
  for (const key of Object.keys(actual)) {
    if (key in expected || actual[key] === undefined) continue;
    return { path: path === '' ? key : `${path}.${key}`, expected: undefined, actual: actual[key] };
  }
  return undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
