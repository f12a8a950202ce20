// npm run test:mutation [part...]: mutates the parts one after the other, then writes docs/reference/mutation.md and says the score.
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');
const parts = require('./parts.js');

const ROOT = join(__dirname, '../..');
const chosen = process.argv.slice(2);
const unknown = chosen.find((part) => !(part in parts));
if (unknown !== undefined) {
  process.stderr.write(`no part '${unknown}': expected some of ${Object.keys(parts).join(', ')}\n`);
  process.exit(2);
}
for (const part of chosen.length > 0 ? chosen : Object.keys(parts)) {
  const { status } = spawnSync(
    join(ROOT, 'node_modules/.bin/stryker'),
    ['run', 'test/mutation/stryker.config.js'],
    {
      cwd: ROOT,
      stdio: 'inherit',
      // Few random sequences, and always the same: a property that runs long would do so for every mutant.
      env: { FAULTLINE_SEQUENCES: '150', FAULTLINE_SEED: '1', ...process.env, FAULTLINE_MUTATION_PART: part },
    },
  );
  if (status !== 0) process.exit(status ?? 1);
}
require('./report.js');
