import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { conformancePage, gatherEvidence } from './conformance-page';
import { commandLinePage } from './command-line-page';
import { eventsPage } from './events-page';
import { httpPage } from './http-page';
import { metricsPage } from './metrics-page';
import { profilesPage } from './profiles-page';
import { scenarioPage } from './scenario-page';
import { studyPage } from './study-page';
import { subjectsPage } from './subjects-page';

const PAGES = join(__dirname, '../../docs/reference');

describe('reference pages are those of this version', () => {
  it.each([
    ['scenario.md', scenarioPage],
    ['study.md', studyPage],
    ['profiles.md', profilesPage],
    ['command-line.md', commandLinePage],
    ['events.md', eventsPage],
    ['subjects.md', subjectsPage],
    ['metrics.md', metricsPage],
    ['conformance.md', conformancePage],
    ['http.md', httpPage],
  ])('%s', async (name, generate) => {
    const file = join(PAGES, name);
    const page = await generate();
    if (process.env['UPDATE_REFERENCE'] === '1') writeFileSync(file, page);
    expect(readFileSync(file, 'utf8')).toBe(page);
  });
});

describe('the rules of the fault path', () => {
  const evidence = gatherEvidence();

  it('are all there', () => {
    expect(evidence.map(({ rule }) => rule.number)).toEqual(
      Array.from({ length: 142 }, (_, index) => index + 1),
    );
  });

  it('have a vector, a test or a reason each', () => {
    const bare = evidence.filter(
      ({ vectors, tests, because }) => vectors.length + tests.length === 0 && because === undefined,
    );
    expect(bare.map(({ rule }) => `R${rule.number} ${rule.title}`)).toEqual([]);
  });
});
