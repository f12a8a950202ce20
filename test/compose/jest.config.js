// The deployment in real containers: npm run test:compose. No part of npm test, since it needs a container engine.
const { join } = require('node:path');
const base = require('../../jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
  ...base,
  rootDir: join(__dirname, '../..'),
  roots: ['<rootDir>/test/compose'],
  testMatch: ['**/*.compose.ts'],
  maxWorkers: 1,
  testTimeout: 600_000,
  verbose: true,
};
