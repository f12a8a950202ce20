// Runs the specs of the part that is mutated as one file, suite.js.
const { join } = require('node:path');
const base = require('../../jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
  ...base,
  rootDir: join(__dirname, '../..'),
  roots: ['<rootDir>/libs/domain', '<rootDir>/libs/conformance', '<rootDir>/test'],
  testMatch: ['**/test/mutation/suite.js'],
  maxWorkers: 1,
  watchman: false,
};
