// npm run test:mutation [part[/file,...]...]: mutates the parts one after the other, or only some files of one, then writes
// docs/reference/mutation.md and says the score. What is known of the other files is kept.
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');
const parts = require('./parts.js');

const ROOT = join(__dirname, '../..');
const chosen = process.argv.slice(2).map((argument) => argument.split('/'));
const unknown = chosen.map(([part]) => part).find((part) => !(part in parts));
if (unknown !== undefined) {
  process.stderr.write(`no part '${unknown}': expected some of ${Object.keys(parts).join(', ')}\n`);
  process.exit(2);
}
for (const [part, files = ''] of chosen.length > 0 ? chosen : Object.keys(parts).map((part) => [part])) {
  const { status } = spawnSync(
    join(ROOT, 'node_modules/.bin/stryker'),
    ['run', 'test/mutation/stryker.config.js'],
    {
      cwd: ROOT,
      stdio: 'inherit',
      // Few random sequences, and always the same: a property that runs long would do so for every mutant.
      env: {
        FAULTLINE_SEQUENCES: '150',
        FAULTLINE_SEED: '1',
        ...process.env,
        FAULTLINE_MUTATION_PART: part,
        FAULTLINE_MUTATION_FILES: files,
      },
    },
  );
  if (status !== 0) process.exit(status ?? 1);
}
require('./report.js');
