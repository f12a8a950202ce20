// Mutation testing of one part, which FAULTLINE_MUTATION_PART names, or of those of its files that FAULTLINE_MUTATION_FILES names,
// separated by commas; all by default (see parts.js and run.js).
const parts = require('./parts.js');

const part = process.env.FAULTLINE_MUTATION_PART;
const { mutate, tests } = parts[part];
const files = (process.env.FAULTLINE_MUTATION_FILES ?? '').split(',').filter((name) => name !== '');

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
module.exports = {
  testRunner: 'mocha',
  mochaOptions: {
    spec: ['test/mutation/suite.js'],
    require: ['test/mutation/jest-globals.js'],
  },
  coverageAnalysis: 'perTest',
  mutate: files.length > 0 ? files.map((name) => `${tests[0]}/${name}`) : mutate,
  ignorePatterns: ['dist', 'runs', '.cache', 'docs', 'examples', 'bench', 'apps'],
  // Tables and constants are evaluated when a module is loaded: each of their mutants would need all tests in a fresh process.
  ignoreStatic: true,
  concurrency: Number(process.env.FAULTLINE_MUTATION_JOBS ?? 2),
  // FAULTLINE_MUTATION_TIMEOUT_MILLIS: milliseconds that a mutant may take beyond one and a half times the time its tests take without
  // it; 1500 by default. On a busy machine it has to be longer: a mutant whose time is up counts as noticed.
  timeoutMS: Number(process.env.FAULTLINE_MUTATION_TIMEOUT_MILLIS ?? 1500),
  tempDirName: `.cache/stryker-${part}`,
  incremental: true,
  incrementalFile: `.cache/mutation-${part}-incremental.json`,
  reporters: ['progress', 'json'],
  jsonReporter: { fileName: `.cache/mutation-${part}.json` },
  thresholds: { high: 95, low: 85, break: null },
};
