// Writes docs/reference/mutation.md from what the last `npm run test:mutation` left: the score of each part, and every mutant that no
// test noticed with the reason kept in reasons.json. Ends with status 1 when the score is below what is wanted.
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const ROOT = join(__dirname, '../..');
const WANTED = 85;
const PARTS = [
  ['I/O page fault layer', 'libs/domain/src/iopf/'],
  ['IOMMU hardware and profiles', 'libs/domain/src/iommu/hardware/'],
  ['living IOMMU', 'libs/domain/src/iommu/'],
];
/** What no test noticed: run and alive, or not even run. */
const UNNOTICED = new Set(['Survived', 'NoCoverage']);
const NOTICED = new Set(['Killed', 'Timeout', 'RuntimeError']);

const results = JSON.parse(readFileSync(join(ROOT, '.cache/mutation.json'), 'utf8'));
const reasons = JSON.parse(readFileSync(join(__dirname, 'reasons.json'), 'utf8'));

const mutants = Object.entries(results.files).flatMap(([file, { source, mutants: own }]) => {
  const lines = source.split('\n');
  return own.map((mutant) => ({ ...mutant, file, original: originalOf(lines, mutant.location) }));
});

function originalOf(lines, { start, end }) {
  const text =
    start.line === end.line
      ? lines[start.line - 1].slice(start.column - 1, end.column - 1)
      : [
          lines[start.line - 1].slice(start.column - 1),
          ...lines.slice(start.line, end.line - 1),
          lines[end.line - 1].slice(0, end.column - 1),
        ].join(' ');
  return text.replace(/\s+/g, ' ').trim();
}

/** Names a mutant by what it changes, since line numbers move. */
const keyOf = ({ file, original, replacement }) =>
  `${file}: ${original} -> ${(replacement ?? '').replace(/\s+/g, ' ').trim()}`;

function scoreOf(own) {
  const noticed = own.filter(({ status }) => NOTICED.has(status)).length;
  const unnoticed = own.filter(({ status }) => UNNOTICED.has(status)).length;
  return {
    noticed,
    unnoticed,
    percent: noticed + unnoticed === 0 ? 100 : (100 * noticed) / (noticed + unnoticed),
  };
}

function row(name, own) {
  const { noticed, unnoticed, percent } = scoreOf(own);
  return `| ${name} | ${noticed + unnoticed} | ${noticed} | ${unnoticed} | ${percent.toFixed(1)} % |`;
}

function partOf(file) {
  return PARTS.find(([, path]) => file.startsWith(path))?.[0];
}

const cell = (text) => `\`${text.length > 90 ? `${text.slice(0, 89)}…` : text}\``.replaceAll('|', '\\|');

function survivorRows() {
  return mutants
    .filter(({ status }) => UNNOTICED.has(status))
    .map((mutant) => {
      const { file, location, original, replacement = '' } = mutant;
      const place = `${file.replace('libs/domain/src/', '')}:${location.start.line}`;
      const reason = reasons[keyOf(mutant)] ?? 'a test is missing';
      return `| \`${place}\` | ${cell(original)} | ${cell(replacement.replace(/\s+/g, ' '))} | ${reason} |`;
    });
}

const { percent } = scoreOf(mutants);
const page = `# Mutation testing

<!-- Written by \`npm run test:mutation\`; do not edit. Reasons are kept in test/mutation/reasons.json. -->

\`npm run test:mutation\` changes the I/O page fault layer and the IOMMU in one small place at a time and runs the specs and the recorded
vectors that reach the place. A mutant that no test notices shows a test that is missing, or a change that means nothing. At least
${WANTED} % have to be noticed. Tables and constants that are evaluated when a module is loaded are not mutated.

| part | mutants | noticed | not noticed | score |
| --- | --- | --- | --- | --- |
${PARTS.map(([name]) =>
  row(
    name,
    mutants.filter(({ file }) => partOf(file) === name),
  ),
).join('\n')}
${row('**together**', mutants)}

## Not noticed

| place | original | mutant | why |
| --- | --- | --- | --- |
${survivorRows().join('\n')}
`;

writeFileSync(join(ROOT, 'docs/reference/mutation.md'), page);
const unexplained = mutants.filter((mutant) => UNNOTICED.has(mutant.status) && !(keyOf(mutant) in reasons));
process.stdout.write(
  `mutation score ${percent.toFixed(1)} % (wanted ${WANTED} %), ${unexplained.length} survivors without a reason; docs/reference/mutation.md written\n`,
);
if (process.argv.includes('--list')) process.stdout.write(`${unexplained.map(keyOf).join('\n')}\n`);
process.exitCode = percent >= WANTED ? 0 : 1;
