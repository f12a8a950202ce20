/** A setting that two scenarios do not share. A side that lacks it has no value. */
export interface Difference {
  /** With dots for what is inside, as `--set` has it; places of a list that differ alike are one: `devices.0-3.credits`. */
  path: string;
  before?: unknown;
  after?: unknown;
}

/** What makes a scenario no other one: its name, and a seed, which is there to be varied. */
const NO_SETTING: ReadonlySet<string> = new Set(['name', 'seed']);
/** A text longer than this is cut where it is shown to people. */
const LONGEST_VALUE = 32;

/** The settings in which two scenarios, or any two values of JSON, differ, in the order of the first; name and seed are none. */
export function differencesOf(before: object, after: object): Difference[] {
  const found = keysOf(before, after)
    .filter((key) => !NO_SETTING.has(key))
    .flatMap((key) => within(fieldOf(before, key), fieldOf(after, key), key));
  return together(found);
}

function within(before: unknown, after: unknown, path: string): Difference[] {
  if (isOpen(before) && isOpen(after) && Array.isArray(before) === Array.isArray(after))
    return keysOf(before, after).flatMap((key) =>
      within(fieldOf(before, key), fieldOf(after, key), `${path}.${key}`),
    );
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
}

const isOpen = (value: unknown): value is object => typeof value === 'object' && value !== null;
const keysOf = (before: object, after: object): string[] => [
  ...new Set([...Object.keys(before), ...Object.keys(after)]),
];
const fieldOf = (value: object, key: string): unknown => (value as Readonly<Record<string, unknown>>)[key];

/** One difference for all places of a list that differ in the same way. */
function together(differences: readonly Difference[]): Difference[] {
  const alike = new Map<string, { difference: Difference; places: number[] }>();
  for (const difference of differences) {
    const { path, before, after } = difference;
    const key = JSON.stringify([path.replace(/\.\d+/, '.*'), before, after]);
    const same = alike.get(key) ?? { difference, places: [] };
    same.places.push(Number(/\.(\d+)/.exec(path)?.[1]));
    alike.set(key, same);
  }
  return [...alike.values()].map(({ difference, places }) =>
    places.length === 1
      ? difference
      : { ...difference, path: difference.path.replace(/\.\d+/, `.${placesText(places)}`) },
  );
}

function placesText(places: readonly number[]): string {
  const [first = 0, last = 0] = [places[0], places.at(-1)];
  return last - first === places.length - 1 ? `${first}-${last}` : places.join(',');
}

/** `workers.servers 1 -> 2`. */
export function differenceWords({ path, before, after }: Difference): string {
  return `${path} ${valueWords(before)} -> ${valueWords(after)}`;
}

function valueWords(value: unknown): string {
  if (value === undefined) return 'none';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text;
}
