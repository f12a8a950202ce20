import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { iopfScenarios } from './iopf-scenarios';
import { notModelled } from './not-modelled';
import { readRules, type Rule } from './rules';
import { readTestTitles, rulesNamed } from './test-titles';

const VECTORS = join(__dirname, '../conformance');
/** Tests that are named for one rule; the rest are counted. */
const TESTS_NAMED = 3;

const HEAD = `# Conformance

<!-- Generated from the tests and the recorded vectors; \`UPDATE_REFERENCE=1 npx jest test/reference\` writes it anew. -->

What shows that Faultline does what [the fault path](fault-path.md) says: for each of its rules the recorded vectors that exercise it
and the tests whose titles name it. The test run fails when a rule has neither a vector, nor a test, nor a reason.

- \`test/conformance/iopf\`: conversations with the kernel's own I/O page fault layer, two generations, compared step by step.
- \`test/conformance/pri\`: conversations with a reference IOMMU, compared step by step. \`V:name\` is one of them.

\`npx faultline conformance FILE...\` runs such files, also ones that are not here.

Five of the conversations with the fault layer are marked as hazards: they remove a device, free a queue or unbind a process while work
of it is queued, and the kernel's code then uses memory it has freed (it relies on its callers to flush first). Faultline differs
there on purpose: the work goes with its group or its binding, as if it had been cancelled. They are run like all others and counted
apart.
`;

/** What speaks for one rule. */
export interface Evidence {
  rule: Rule;
  vectors: string[];
  tests: { file: string; title: string }[];
  /** Why the model leaves it out, wholly or in part. */
  because: string | undefined;
}

interface RecordedVector {
  id: string;
  rules?: string[];
}

function recorded(file: string): RecordedVector[] {
  const { vectors } = JSON.parse(gunzipSync(readFileSync(join(VECTORS, file))).toString('utf8')) as {
    vectors: RecordedVector[];
  };
  return vectors;
}

/** Evidence for every rule, in their order. */
export function gatherEvidence(): Evidence[] {
  const hardware = recorded('pri/vectors.json.gz');
  const layer = new Set(recorded('iopf/scenarios.json.gz').map(({ id }) => id));
  const titles = readTestTitles().map((each) => ({ ...each, rules: rulesNamed(each.title) }));
  return readRules().map((rule) => {
    const scenarios = iopfScenarios[rule.number] ?? [];
    const missing = scenarios.find((id) => !layer.has(id));
    if (missing !== undefined) throw new Error(`R${rule.number} names ${missing}, which was not recorded`);
    return {
      rule,
      vectors: [...hardware.filter((vector) => shows(vector, rule)).map(({ id }) => id), ...scenarios],
      tests: titles.filter(({ rules }) => rules.includes(rule.number)),
      because: notModelled[rule.number],
    };
  });
}

function shows({ id, rules }: RecordedVector, { number, vectors }: Rule): boolean {
  return rules?.includes(`R${number}`) === true || vectors.some((name) => names(name, id));
}

function names(pattern: string, id: string): boolean {
  return pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : pattern === id;
}

/** The reference page with one row for each rule. */
export function conformancePage(): string {
  const evidence = gatherEvidence();
  const shown = evidence.filter(({ vectors, tests }) => vectors.length + tests.length > 0).length;
  const rows = evidence.map(
    ({ rule, vectors, tests, because }) =>
      `| R${rule.number} | ${cell(rule.title)} | ${cell(vectors.map((id) => `V:${id}`).join(', '))} | ${testCell(tests, because)} |`,
  );
  return [
    HEAD,
    `${evidence.length} rules: ${shown} shown by vectors or tests, ${evidence.length - shown} not modelled.\n`,
    '| rule | | vectors | tests |\n| --- | --- | --- | --- |',
    `${rows.join('\n')}\n`,
  ].join('\n');
}

function testCell(tests: Evidence['tests'], because: string | undefined): string {
  // What shows a rule on the deciders comes before what shows it through the services.
  const sorted = [...tests].sort((one, other) => Number(inDomain(other)) - Number(inDomain(one)));
  const named = sorted
    .slice(0, TESTS_NAMED)
    .map(({ file, title }) => `${cell(sentenceOf(title))} (\`${file}\`)`);
  if (tests.length > TESTS_NAMED) named.push(`and ${tests.length - TESTS_NAMED} more`);
  if (because !== undefined)
    named.push(`${tests.length > 0 ? 'not modelled in part' : 'not modelled'}, because ${cell(because)}`);
  return named.join('<br>');
}

const inDomain = ({ file }: { file: string }): boolean => file.startsWith('libs/domain/');

/** A title from its first rule on, without the words of the blocks before; what a table of cases fills in is left out. */
function sentenceOf(title: string): string {
  const start = title.search(/\bR\d/);
  const sentence = title.endsWith(')') ? title : title.slice(Math.max(0, start));
  return sentence.replaceAll(/%[sijdpo]|\$[a-z]\w*/gi, '…');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
