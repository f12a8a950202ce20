import {
  FIGURE_KINDS,
  figureKind,
  type FigureUnit,
  LATENCY_MEANINGS,
  LATENCY_PARTS,
  studySchema,
} from '@faultline/study';
import { z } from 'zod';
import { type SchemaNode, schemaSections } from './schema-tables';

const HEAD = `# Study file

<!-- Generated from the schema in libs/study/src/schema.ts and the figures in libs/study/src/figures.ts; \`UPDATE_REFERENCE=1 npx jest test/reference\` writes it anew. -->

A study is a YAML file that \`npx faultline study FILE\` carries out: a scenario under many settings, each several times.
[Studies](../guides/studies.md) says how to write one. Unknown keys are errors. Any value can be changed from the command line with
\`--set key=value\`: \`--set repetitions=5 --set mode=live\`. Behind \`settings.\` stands one setting of the scenario:
\`--set settings.mm.shards=4\`.

A name has 1 to 40 letters \`a-z\`, digits and \`-\`. A setting is a key of the [scenario file](scenario.md) with dots for what is inside and
numbers for places in a list. Settings that begin with \`network.\` are those of \`network\` below.
`;

const TEXTS = {
  '^[a-z0-9][a-z0-9-]{0,39}$': 'name',
  '^[a-zA-Z][\\w]*(\\.[\\w]+)*$': 'setting',
  '^(==|!=|<=|>=|<|>) *-?\\d+(\\.\\d+)?(e-?\\d+)?$': 'comparison',
};

const EXPECTATIONS = `## What may be expected

Each of \`holds\` has exactly one of these:

| | with | holds when |
| --- | --- | --- |
| \`value\` | a comparison | it is true of the figure's mean over all points at \`at\` |
| \`ratio\` | a comparison, and \`against\` or \`againstFigure\` | it is true of the figure at \`at\`, divided by the figure at \`against\` |
| \`shape\` | \`over\`, and perhaps \`by\` | the means along \`over\` have the shape |

A comparison is \`==\`, \`!=\`, \`<\`, \`<=\`, \`>\` or \`>=\` and a number: \`'>= 2'\`, \`'< 0.1'\`, \`'== 0'\`. A parameter that \`at\` does not name
may have any value: all those points are taken together, and their mean has no interval. What no run gives a figure for is *unknown*, and the study fails.
`;

const UNITS: Readonly<Record<FigureUnit, string>> = {
  micros: 'model µs',
  'per-second': 'a second of model time',
  count: 'count',
  share: 'ratio',
};

const FIGURES = `## Figures

What \`y\`, \`figure\` and \`againstFigure\` may name. NAME is a device's name, or that of an entry with a \`count\`, whose copies are then
taken together: their figures are those of the faults that these devices sent. PART is one of

| PART | of the latencies of a run |
| --- | --- |
${LATENCY_PARTS.map((part) => `| \`${part}\` | ${LATENCY_MEANINGS[part]} |`).join('\n')}

\`throughput\`, \`inFlight\`, \`queueing\`, \`latency\` and \`stage\` are of the window, those of a device too: a fault counts for a rate when it
settled in it, and for latencies when it was sent in it. Everything else is of the whole run. A fault that never settled has no latency.
A point has the mean of each figure over its runs.
`;

/** The reference page of the study file: its keys from the schema that checks it, the figures from their table. */
export function studyPage(): string {
  const root = z.toJSONSchema(studySchema, { io: 'input' }) as SchemaNode;
  const telling = ['zip', 'values', 'from', 'value'];
  const keys = schemaSections(root, { texts: TEXTS, telling });
  return `${HEAD}\n${keys}\n${EXPECTATIONS}\n${FIGURES}\n${figureTable()}\n`;
}

function figureTable(): string {
  const rows = [...familiesOf([...FIGURE_KINDS.keys()]), ...deviceFamilies()].map(
    ([name, key]) => `| \`${name}\` | ${UNITS[figureKind(key).unit]} | ${titleOf(name, key)} |`,
  );
  return ['| figure | unit | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

/** Figures by name, each with one key that stands for it: those with all parts of a latency are one. */
function familiesOf(keys: readonly string[]): Map<string, string> {
  const families = new Map<string, string>();
  for (const key of keys) {
    const stem = key.slice(0, Math.max(0, key.lastIndexOf('.')));
    const isWhole = stem !== '' && LATENCY_PARTS.every((part) => keys.includes(`${stem}.${part}`));
    const name = isWhole ? `${stem}.PART` : key;
    if (!families.has(name)) families.set(name, key);
  }
  return families;
}

/** Every figure that a device may have of its own. */
function deviceFamilies(): Map<string, string> {
  const own = [...FIGURE_KINDS.keys()].map((key) => `device.NAME.${key}`).filter((key) => isKnown(key));
  return new Map([...familiesOf(own)].map(([name, key]) => [name, lowerCased(key)]));
}

const lowerCased = (key: string): string => key.replace('NAME', 'name');

function isKnown(key: string): boolean {
  try {
    return figureKind(lowerCased(key)).title !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function titleOf(name: string, key: string): string {
  const { title, meaning } = figureKind(key);
  const named = title.replace(/^name: /, 'of the device: ');
  if (name.endsWith('.PART')) return named.replace(/, [^,]*$/, '');
  return meaning === undefined ? named : `${named}: ${meaning}`;
}
