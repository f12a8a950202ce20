import { NETWORK, type ParameterValue, type SettingValue, type Study, type StudyParameter } from './schema';

/** A value of a parameter, and the settings of the scenario that make it. */
export interface Level {
  /** A number stands on a number axis, a word does not. */
  value: ParameterValue;
  settings: [key: string, value: SettingValue][];
}

/** One combination of values, which is run some times. */
export interface Point {
  /** Place in the order of the study file, from 0. */
  point: number;
  /** Value of each parameter. */
  values: Record<string, ParameterValue>;
  /** Settings of the scenario, as `--set` takes them; what comes later counts. */
  settings: string[];
  /** Of the simulated bus: the study's, and what parameters make of it. */
  network: Study['network'];
}

/** Parameters of a `zip` do not have equally many values. */
export class UnevenZip extends Error {
  constructor(counts: readonly { name: string; count: number }[]) {
    super(`a zip of ${counts.map(({ name, count }) => `${name} with ${count} values`).join(', ')}`);
    this.name = 'UnevenZip';
  }
}

/** All points of a study, the last parameter changing fastest. Throws {@link UnevenZip}. */
export function pointsOf(study: Pick<Study, 'vary' | 'settings' | 'network'>): Point[] {
  let combined: (Pick<Point, 'values'> & Pick<Level, 'settings'>)[] = [
    { values: {}, settings: Object.entries(study.settings) },
  ];
  for (const entry of study.vary) {
    const steps = stepsOf(entry);
    combined = combined.flatMap(({ values, settings }) =>
      steps.map((step) => ({
        values: { ...values, ...Object.fromEntries(step.map(({ name, level }) => [name, level.value])) },
        settings: [...settings, ...step.flatMap(({ level }) => level.settings)],
      })),
    );
  }
  return combined.map(({ values, settings }, point) => ({
    point,
    values,
    settings: settings.filter(([key]) => !key.startsWith(NETWORK)).map(setting),
    network: { ...study.network, ...networkOf(settings) },
  }));
}

/** The parameters of one entry of `vary`: one, or all those of a zip. */
export const parametersOf = (entry: Study['vary'][number]): StudyParameter[] =>
  'zip' in entry ? entry.zip : [entry];

/** All parameters of a study, in the order of its file. */
export const parametersIn = ({ vary }: Pick<Study, 'vary'>): StudyParameter[] => vary.flatMap(parametersOf);

/** What one entry of `vary` goes through, one parameter a step, or all those of a zip. */
function stepsOf(entry: Study['vary'][number]): { name: string; level: Level }[][] {
  const columns = parametersOf(entry).map((parameter) => ({
    name: parameter.name,
    levels: valuesOf(parameter),
  }));
  const [first] = columns;
  if (columns.some(({ levels }) => levels.length !== first?.levels.length))
    throw new UnevenZip(columns.map(({ name, levels }) => ({ name, count: levels.length })));
  return (first?.levels ?? []).map((_, step) =>
    columns.flatMap(({ name, levels }) => {
      const level = levels[step];
      return level ? [{ name, level }] : [];
    }),
  );
}

/** The values of a parameter, in order. */
export function valuesOf({ set, values }: StudyParameter): Level[] {
  const keys = typeof set === 'string' ? [set] : (set ?? []);
  const plain = (value: ParameterValue): Level => ({ value, settings: keys.map((key) => [key, value]) });
  if (!Array.isArray(values)) return inRange(values).map(plain);
  return values.map((each) => {
    if (typeof each !== 'object') return plain(each);
    const { value, settings } = plain(each.value);
    return { value, settings: [...settings, ...Object.entries(each.set)] };
  });
}

/** A step that is a fraction must not miss the last value by the last bit of a float. */
const CLOSE = 1e-9;

function inRange({
  from,
  to,
  step,
  factor,
}: Exclude<StudyParameter['values'], readonly unknown[]>): number[] {
  const found: number[] = [];
  if (step !== undefined) {
    const count = Math.floor((to - from) / step + CLOSE);
    for (let place = 0; place <= count; place += 1) found.push(Number((from + place * step).toPrecision(12)));
  } else if (factor !== undefined && from > 0) {
    for (let value = from; Math.round(value) <= to; value *= factor) found.push(Math.round(value));
  }
  return [...new Set(found)];
}

/** What settings say of the simulated bus. The study's reader has made sure that these are keys and values that it has. */
function networkOf(settings: Level['settings']): Study['network'] {
  const own = settings.filter(([key]) => key.startsWith(NETWORK));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(NETWORK.length), value]));
}

/** JSON is YAML too, so a value of any kind can be set. */
function setting([key, value]: Level['settings'][number]): string {
  return `${key}=${JSON.stringify(value)}`;
}
