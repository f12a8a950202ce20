// The tests that mutation testing runs: those of the fault reporting layer and of the IOMMU, and the recorded vectors.
const { join } = require('node:path');
const base = require('../../jest.config.js');

/** @type {import('jest').Config} */
module.exports = {
  ...base,
  rootDir: join(__dirname, '../..'),
  roots: ['libs/domain/src/iopf', 'libs/domain/src/iommu', 'test/conformance'].map(
    (room) => `<rootDir>/${room}`,
  ),
  maxWorkers: 1,
};
