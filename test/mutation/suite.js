// All specs of a part in one file, so that what takes longest comes last.
const { readdirSync, statSync } = require('node:fs');
const { join } = require('node:path');
const fc = require('fast-check');
const { bind } = require('jest-each');
const parts = require('./parts.js');

const ROOT = join(__dirname, '../..');

it.each = bind(it);
describe.each = bind(describe, false);
global.test = it;
global.beforeAll = before;

// That a random sequence fails is all there is to know; the smallest one that does takes long to find.
fc.configureGlobal({ endOnFailure: true });

function specsIn(place) {
  const path = join(ROOT, place);
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .filter((name) => name.endsWith('.spec.ts'))
    .map((name) => join(path, name));
}

// What takes longest comes last: most mutants do not get that far.
const specs = parts[process.env.FAULTLINE_MUTATION_PART].tests.flatMap(specsIn);
const isLong = (file) => /properties|property|conformance/.test(file);
for (const file of [...specs.filter((each) => !isLong(each)), ...specs.filter(isLong)]) require(file);
