import { type DocumentKind, expectedBy, readDocument, ScenarioError } from '@faultline/contracts';
import { isFigure } from './figures';
import { NETWORK, networkSchema, type Study, type StudyPlot, studySchema } from './schema';
import { parametersIn, parametersOf, pointsOf, UnevenZip, valuesOf } from './sweep';

const STUDY: DocumentKind = {
  what: 'a study: a mapping with name, title, question, scenario, vary, plots',
  reference: 'the study reference (docs/reference/study.md)',
  exampleSetting: 'repetitions=5',
  dotted: 'settings',
};

/**
 * Reads a study file (YAML). `overrides` are `key=value` settings of the study itself, applied before anything is checked. Throws
 * {@link ScenarioError} for the first thing that is wrong; what is wrong with the scenario of a point shows when that is read.
 */
export function parseStudy(file: string, text: string, overrides: readonly string[] = []): Study {
  const { data, lineOf } = readDocument(STUDY, studySchema, file, text, overrides);
  const fail = (path: PropertyKey[], found: string, expected: string): never => {
    throw new ScenarioError(file, lineOf(path), found, expected);
  };
  checkParameters(data, fail);
  data.plots.forEach((plot, place) => {
    checkFigure(plot.y, ['plots', place, 'y'], fail);
    for (const part of ['x', 'by'] as const)
      checkNames(data, plot[part] === undefined ? [] : [plot[part]], ['plots', place, part], fail);
    checkNames(data, Object.keys(plot.where), ['plots', place, 'where'], fail);
    checkPublished(data, place, fail);
    if (data.plots.findIndex(({ id }) => id === plot.id) !== place)
      fail(['plots', place, 'id'], `plot '${plot.id}' twice`, 'an id of its own for each');
  });
  data.holds.forEach((expectation, place) => {
    const path = ['holds', place];
    checkFigure(expectation.figure, [...path, 'figure'], fail);
    const { at, against = {}, againstFigure, over } = expectation;
    if (againstFigure !== undefined) checkFigure(againstFigure, [...path, 'againstFigure'], fail);
    const named = [...Object.keys(at), ...Object.keys(against), ...(over === undefined ? [] : [over])];
    checkNames(data, named, path, fail);
  });
  return data;
}

type Fail = (path: PropertyKey[], found: string, expected: string) => never;

function checkParameters(study: Study, fail: Fail): void {
  const seen = new Set<string>();
  for (const [place, entry] of study.vary.entries()) {
    for (const parameter of parametersOf(entry)) {
      const { name, set, values } = parameter;
      if (seen.has(name)) fail(['vary', place], `parameter '${name}' twice`, 'a name of its own for each');
      seen.add(name);
      const unset = Array.isArray(values) ? values.find((each) => typeof each !== 'object') : values;
      if (set === undefined && unset !== undefined)
        fail(['vary', place], `parameter '${name}' without 'set'`, 'a setting that gets its values');
      if (valuesOf(parameter).length === 0)
        fail(
          ['vary', place],
          `parameter '${name}' without a value`,
          'a range that begins below its end, above 0 for a factor',
        );
    }
  }
  try {
    for (const { network } of pointsOf(study)) checkNetwork(network, fail);
  } catch (error) {
    if (!(error instanceof UnevenZip)) throw error;
    fail(['vary'], error.message, 'equally many values of each parameter in a zip');
  }
}

/** Settings of the bus may come from parameters, which know nothing of its schema. */
function checkNetwork(network: Study['network'], fail: Fail): void {
  const [issue] = networkSchema.safeParse(network).error?.issues ?? [];
  if (!issue) return;
  const key = issue.code === 'unrecognized_keys' ? issue.keys[0] : issue.path[0];
  const value = new Map<string, unknown>(Object.entries(network)).get(String(key));
  const keys = Object.keys(networkSchema.shape).map((each) => `${NETWORK}${each}`);
  const expected = issue.code === 'unrecognized_keys' ? `one of ${keys.join(', ')}` : expectedBy(issue);
  fail(['vary'], `setting '${NETWORK}${String(key)}' ${JSON.stringify(value)}`, expected);
}

/** Published points stand on the axis of the plot: that of a parameter with words has no place for anything else. */
function checkPublished(study: Study, place: number, fail: Fail): void {
  const { x: name, published } = study.plots[place] as StudyPlot;
  const parameter = parametersIn(study).find((each) => each.name === name);
  const values = parameter ? valuesOf(parameter).map(({ value }) => value) : [];
  const isNumeric = values.every((value) => typeof value === 'number');
  const expected = isNumeric
    ? `a number, as '${name}' has them`
    : `one of ${values.map(String).join(', ')}: the values of '${name}'`;
  for (const [line, { points }] of published.entries())
    for (const [point, [x]] of points.entries())
      if (isNumeric ? typeof x !== 'number' : !values.includes(x))
        fail(
          ['plots', place, 'published', line, 'points', point, 0],
          `published point at ${JSON.stringify(x)}`,
          expected,
        );
}

function checkNames(study: Study, names: readonly string[], path: PropertyKey[], fail: Fail): void {
  const known = parametersIn(study).map(({ name: each }) => each);
  for (const name of names)
    if (!known.includes(name)) fail(path, `parameter '${name}'`, `one of ${known.join(', ')}`);
}

function checkFigure(figure: string, path: PropertyKey[], fail: Fail): void {
  if (isFigure(figure)) return;
  fail(path, `figure '${figure}'`, 'a figure of the study reference (docs/reference/study.md)');
}
