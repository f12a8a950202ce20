import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every rule of the design has a test here that fails without it. */

const design = readFileSync(join(__dirname, '../../docs/concepts/architecture.md'), 'utf8');
const specs = readdirSync(__dirname)
  .filter((name) => name.endsWith('.spec.ts') && name !== 'coverage.spec.ts')
  .map((name) => readFileSync(join(__dirname, name), 'utf8'))
  .join('\n');

it('each rule of the design is switched off by a test', () => {
  const rules = [...design.matchAll(/^\| (D\d+) \|/gm)].map(([, rule]) => rule ?? '');
  expect(rules).toHaveLength(15);
  const isSwitchedOff = (rule: string): boolean =>
    specs.includes(`testRule('${rule}'`) || specs.includes(`it('${rule} is noticed to be missing when`);
  expect(rules.filter((rule) => !isSwitchedOff(rule))).toEqual([]);
});
