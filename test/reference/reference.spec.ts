import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandLinePage } from './command-line-page';
import { scenarioPage } from './scenario-page';

const PAGES = join(__dirname, '../../docs/reference');

describe('reference pages are those of this version', () => {
  it.each([
    ['scenario.md', scenarioPage],
    ['command-line.md', commandLinePage],
  ])('%s', (name, generate) => {
    const file = join(PAGES, name);
    const page = generate();
    if (process.env['UPDATE_REFERENCE'] === '1') writeFileSync(file, page);
    expect(readFileSync(file, 'utf8')).toBe(page);
  });
});
