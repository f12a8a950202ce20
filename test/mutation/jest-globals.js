// What the specs need of Jest, in a process that stays: Mocha runs them for mutation testing, since it loads the modules once for all
// mutants, where Jest would load them again for each.
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { join } = require('node:path');
const { transformSync } = require('@swc/core');
const { expect } = require('expect');
const jest = require('../../jest.config.js');

const ROOT = join(__dirname, '../..');
const [[, swcOptions]] = Object.values(jest.transform);
const aliases = Object.entries(jest.moduleNameMapper).map(([pattern, path]) => [new RegExp(pattern), path]);

Module._extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), { ...swcOptions, filename });
  module._compile(code, filename);
};

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = (request, ...rest) => {
  const [alias] = aliases.filter(([pattern]) => pattern.test(request));
  const path = alias === undefined ? request : request.replace(alias[0], alias[1].replace('<rootDir>', ROOT));
  return resolveFilename(path, ...rest);
};

global.expect = expect;
