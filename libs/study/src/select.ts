import type { PointFigures } from './aggregate';
import type { ParameterValue } from './schema';

export type Where = Readonly<Record<string, ParameterValue>>;

/** Whether a point has these values of parameters; a parameter that is not named may have any. */
export function matches({ values }: Pick<PointFigures, 'values'>, where: Where): boolean {
  return Object.entries(where).every(([name, value]) => values[name] === value);
}

/** Values of a parameter, in the order of the points. */
export function levelsOf(points: readonly PointFigures[], name: string): ParameterValue[] {
  return [...new Set(points.flatMap(({ values }) => values[name] ?? []))];
}

/** `queues global, servers 8`; `all points` where nothing is named. */
export function whereWords(where: Where): string {
  const words = Object.entries(where).map(([name, value]) => `${name} ${String(value)}`);
  return words.length === 0 ? 'all points' : words.join(', ');
}
