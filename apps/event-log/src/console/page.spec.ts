import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ApiBench } from '../api/api.testkit';

const BROWSER = join(__dirname, 'browser');
const page = readFileSync(join(BROWSER, 'page/index.html'), 'utf8');
const preloaded = [...page.matchAll(/rel="modulepreload" href="\/console\/([^"]+)"/g)].map(
  ([, path]) => path,
);

const api = new ApiBench();
beforeAll(() => api.open());
afterAll(() => api.clear());

/** Modules that are loaded with one, in every depth, by their paths below `/console`; not those that it loads when it needs them. */
function loadedWith(path: string, found = new Set<string>()): Set<string> {
  const file = join(BROWSER, path);
  if (!existsSync(file)) return found;
  for (const [, to = ''] of readFileSync(file, 'utf8').matchAll(
    /^(?:import|export)\b[^;]*?from '([^']+)';/gm,
  )) {
    const name = to.startsWith('/') ? to.slice('/console/'.length) : resolve('/', dirname(path), to).slice(1);
    if (found.has(name)) continue;
    found.add(name);
    loadedWith(name, found);
  }
  return found;
}

it('names all that the first module needs, so that it is asked for at once', () => {
  const needed = [...loadedWith('main.js')];
  expect(needed).toContain('vendor/lit-html/lit-html.js');
  expect(preloaded).toEqual(expect.arrayContaining(needed));
});

it('names nothing that the page where a run is looked at does without', () => {
  const needed = [...loadedWith('main.js'), ...loadedWith('views/faults.js')];
  expect(needed).toEqual(expect.arrayContaining(preloaded));
  // What only some views draw with comes with them.
  expect(page.match(/rel="stylesheet"/g)).toHaveLength(1);
});

it('asks for nothing that is not there', async () => {
  for (const path of preloaded)
    expect([path, (await fetch(`${api.url}/console/${path}`)).status]).toEqual([path, 200]);
});
