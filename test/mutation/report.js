// Writes docs/reference/mutation.md from what `npm run test:mutation` left: the score of each part, and every mutant that no test
// noticed, with the reason kept in reasons.json. Ends with status 1 when the score is below what is wanted.
const { execFileSync } = require('node:child_process');
const { existsSync, readdirSync, readFileSync, statSync, writeFileSync } = require('node:fs');
const { cpus, release, totalmem, type } = require('node:os');
const { join } = require('node:path');
const parts = require('./parts.js');

const ROOT = join(__dirname, '../..');
const DOMAIN = 'libs/domain/src';
const WANTED = 85;
/** What no test noticed: run and alive, or not even run. */
const UNNOTICED = new Set(['Survived', 'NoCoverage']);
const NOTICED = new Set(['Killed', 'Timeout', 'RuntimeError']);

const reasons = JSON.parse(readFileSync(join(__dirname, 'reasons.json'), 'utf8'));

const resultFile = (part) => join(ROOT, `.cache/mutation-${part}.json`);

/** Files of a part with their mutants; undefined when the part was not run. */
function resultsOf(part) {
  const file = resultFile(part);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).files : undefined;
}

const git = (...words) =>
  execFileSync('git', words, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

/** The commit of the checkout, with a mark when code or tests were changed since; an export of the sources has none. */
function commit() {
  try {
    const isChanged = git('status', '--porcelain', '--', 'libs', 'test', ':!test/mutation') !== '';
    return git('rev-parse', '--short', 'HEAD') + (isChanged ? ' with local changes' : '');
  } catch {
    return 'unknown';
  }
}

/** Files that are not what they were when they were mutated: results are kept, and a run may be of some files only. */
function changedSince(files) {
  return Object.entries(files)
    .filter(
      ([file, { source }]) =>
        !existsSync(join(ROOT, file)) || readFileSync(join(ROOT, file), 'utf8') !== source,
    )
    .map(([file]) => file.replace(`${DOMAIN}/`, ''));
}

/** When, of what and where: a score without them says nothing a week later. */
function provenance(run, files) {
  const days = run.map(({ part }) => statSync(resultFile(part)).mtime.toISOString().slice(0, 10)).sort();
  const when = [...new Set([days[0], days.at(-1)])].join(' to ');
  const changed = changedSince(files);
  const stale = changed.length > 0 ? `; measured before they were changed: ${changed.join(', ')}` : '';
  const memory = `${(totalmem() / 2 ** 30).toFixed(1)} GiB memory`;
  return `- measured: ${when}, commit ${commit()}${stale}
- machine: ${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores, ${memory}, ${type()} ${release()}; Node.js ${process.version}`;
}

/** Files below the folder of a part of which no part has a result: left out by a run, or with nothing to mutate. */
function leftOut({ tests: [folder] }, files) {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.ts') && !/[.](spec|testkit)[.]ts$|^index[.]ts$/.test(name))
    .filter((name) => !(`${folder}/${name}` in files));
}

function mutantsOf(files) {
  return Object.entries(files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n');
    return mutants.map((mutant) => ({
      ...mutant,
      file,
      original: originalOf(lines, mutant.location),
      within: functionOf(lines, mutant.location),
    }));
  });
}

function originalOf(lines, { start, end }) {
  const inner = lines.slice(start.line - 1, end.line);
  inner[inner.length - 1] = inner.at(-1).slice(0, end.column - 1);
  inner[0] = inner[0].slice(start.column - 1);
  return oneLine(inner.join(' '));
}

const oneLine = (text) => text.replace(/\s+/g, ' ').trim();
const replacementOf = ({ replacement = '' }) => oneLine(replacement);

/** Names a mutant by where it is and what it changes, since line numbers move. */
const placeOf = ({ file, within }) => `${file}#${within}`;
const keyOf = (mutant) => `${placeOf(mutant)}: ${mutant.original} -> ${replacementOf(mutant)}`;

function scoreOf(mutants) {
  const noticed = mutants.filter(({ status }) => NOTICED.has(status)).length;
  const unnoticed = mutants.filter(({ status }) => UNNOTICED.has(status)).length;
  const late = mutants.filter(({ status }) => status === 'Timeout').length;
  const all = noticed + unnoticed;
  return { all, noticed, late, unnoticed, percent: all === 0 ? 0 : (100 * noticed) / all };
}

function row(name, files, mutants) {
  const { all, noticed, late, unnoticed, percent } = scoreOf(mutants);
  return `| ${name} | ${files} | ${all} | ${noticed} | ${late} | ${unnoticed} | ${percent.toFixed(1)} % |`;
}

const code = (text) => `\`${text.length > 90 ? `${text.slice(0, 89)}…` : text}\``.replaceAll('|', '\\|');

/** Name of the function that a mutant is in: what begins without an indent last before it. */
function functionOf(lines, { start }) {
  for (let line = start.line - 1; line >= 0; line -= 1) {
    const found = /^(?:export )?(?:async )?(?:function|const|class) (\w+)/.exec(lines[line]);
    if (found) return found[1];
  }
  return '';
}

/** A reason is kept for a mutant itself, or for everything in its function that no test notices. */
const reasonOf = (mutant) => reasons[keyOf(mutant)] ?? reasons[placeOf(mutant)];

function changeOf(mutant) {
  return `${code(mutant.original)} → ${code(replacementOf(mutant) || '(nothing)')}`;
}

/** Rows of one file, with the changes that have the same reason in one row. */
function survivorRows(mutants) {
  const rows = new Map();
  for (const mutant of mutants) {
    const why = reasonOf(mutant) ?? 'not looked at yet';
    const key = `${mutant.within}: ${why}`;
    rows.set(key, {
      within: mutant.within,
      why,
      changes: [...(rows.get(key)?.changes ?? []), changeOf(mutant)],
    });
  }
  return [...rows.values()]
    .map(({ within, why, changes }) => `| \`${within}\` | ${[...new Set(changes)].join('<br>')} | ${why} |`)
    .join('\n');
}

/** What no test noticed, by file. */
function survivorSections(survivors) {
  return [...new Set(survivors.map(({ file }) => file))].sort().map((file) => {
    const mutants = survivors.filter((mutant) => mutant.file === file);
    const title = `### \`${file.replace(`${DOMAIN}/`, '')}\`: ${mutants.length}`;
    return `${title}\n\n| in | change | why |\n| --- | --- | --- |\n${survivorRows(mutants)}`;
  });
}

/** How many survivors mean nothing, and for how many a test is missing. */
function sumUp(survivors) {
  const equivalent = survivors.filter((mutant) => reasonOf(mutant)?.startsWith('equivalent:')).length;
  const known = survivors.filter((mutant) => reasonOf(mutant) !== undefined).length;
  return `${equivalent} of them are equivalent: they change nothing that anybody could see. For ${known - equivalent} a test is missing.${
    known < survivors.length ? ` ${survivors.length - known} were not looked at yet.` : ''
  }`;
}

const measured = Object.entries(parts).map(([part, { name }]) => ({
  name,
  part,
  files: resultsOf(part),
  folder: parts[part],
}));
const run = measured.filter(({ files }) => files !== undefined);
if (run.length === 0) {
  process.stderr.write(
    'nothing was measured here: run npm run test:mutation, which writes the page as well\n',
  );
  process.exit(2);
}
const missing = measured.filter(({ files }) => files === undefined).map(({ name }) => name);
const allFiles = Object.assign({}, ...run.map(({ files }) => files));
const leftOutLines = run.map(
  ({ name, folder }) => `- ${name}: ${leftOut(folder, allFiles).join(', ') || 'none'}`,
);
const everything = run.flatMap(({ files }) => mutantsOf(files));
const survivors = everything.filter(({ status }) => UNNOTICED.has(status));
const fileCount = run.reduce((sum, { files }) => sum + Object.keys(files).length, 0);

const page = `# Mutation testing

<!-- Written by \`npm run test:mutation\`; do not edit. Reasons are kept in test/mutation/reasons.json. -->

\`npm run test:mutation\` changes the I/O page fault layer and the IOMMU in one small place at a time and runs the specs and the recorded
vectors that reach the place. A mutant that no test notices shows a test that is missing, or a change that means nothing. At least
${WANTED} % have to be noticed. Some are noticed by time: with them the tests do not end, as with a loop without an end. Tables and
constants that are evaluated when a module is loaded are not mutated. A whole run takes at most half an hour; one part is run by
\`npm run test:mutation -- iopf\`, some files of one by \`npm run test:mutation -- iommu/ring.ts,fence.ts\`, and what a run before has found
is not looked for again.

${provenance(run, allFiles)}

| part | files | mutants | noticed | of these by time | not noticed | score |
| --- | --- | --- | --- | --- | --- | --- |
${run.map(({ name, files }) => row(name, Object.keys(files).length, mutantsOf(files))).join('\n')}
${row('**together**', fileCount, everything)}
${missing.length > 0 ? `\nNot measured in this run: ${missing.join(', ')}.\n` : ''}
Files without a result, because they were left out or hold nothing but types and constants:

${leftOutLines.join('\n')}

## Not noticed

${sumUp(survivors)}

${survivorSections(survivors).join('\n\n')}
`;

writeFileSync(join(ROOT, 'docs/reference/mutation.md'), page);
const { percent } = scoreOf(everything);
const unexplained = survivors.filter((mutant) => reasonOf(mutant) === undefined);
process.stdout.write(
  `mutation score ${percent.toFixed(1)} % (wanted ${WANTED} %), ${unexplained.length} survivors without a reason; docs/reference/mutation.md written\n`,
);
if (process.argv.includes('--list')) process.stdout.write(`${unexplained.map(keyOf).join('\n')}\n`);
process.exitCode = percent >= WANTED ? 0 : 1;
