import { ApiBench } from '../../apps/event-log/src/api/api.testkit';
import { TOKEN } from '../../libs/runtime/src/http/door.testkit';
import { chromiumPath, closeBrowser, HOW_TO_GET_ONE, OpenPage } from './chromium';

const look = { width: 1280, scheme: 'light' as const };
const api = new ApiBench();

beforeAll(async () => {
  if (chromiumPath() === undefined) throw new Error(HOW_TO_GET_ONE);
  await api.run('20250101-000000-aaaa');
  await api.open({ http: { token: TOKEN } });
});
afterAll(async () => {
  await closeBrowser();
  await api.clear();
});

test('a browser is asked for the token, and then shows the document of the API and tries it, with nothing from elsewhere', async () => {
  const { page, requests, complaints, close } = await opened(`${api.url}/api/docs/`, 'form');
  await page.getByLabel(/FAULTLINE_TOKEN/).fill('not the token at all');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').getByText('that is not the FAULTLINE_TOKEN of this service').waitFor();
  // The browser itself tells of an answer that is a refusal.
  expect(complaints.splice(0)).toEqual([expect.stringContaining('401')]);
  await page.getByLabel(/FAULTLINE_TOKEN/).fill(TOKEN);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForSelector('.opblock');
  expect(page.url()).toBe(`${api.url}/api/docs/`);
  await page.locator('#operations-runs-RunsController_list button').first().click();
  await page.getByRole('button', { name: 'Try it out' }).click();
  await page.getByRole('button', { name: 'Execute' }).click();
  await page.getByText('"20250101-000000-aaaa"').first().waitFor();
  expect(complaints).toEqual([]);
  expect(requests.filter((url) => !url.startsWith(api.url) && !url.startsWith('data:'))).toEqual([]);
  expect(await page.evaluate('document.cookie')).toBe('');
  await close();
});

test('a page of it shows no more than the report of a run that it is, and can ask the service nothing', async () => {
  const folder = await api.run('20250102-000000-bbbb');
  const script = `fetch('/api/runs').then(() => 'asked', () => 'kept from it').then((what) => { document.title = what; document.documentElement.className = 'drawn'; })`;
  api.write(folder, 'report.html', `<!doctype html><title>report</title><script>${script}</script>`);
  const { page, close } = await opened(`${api.url}/login?next=/api/runs/${folder.id}/report.html`, 'form');
  await page.getByLabel(/FAULTLINE_TOKEN/).fill(TOKEN);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForSelector('html.drawn', { state: 'attached' });
  expect(await page.title()).toBe('kept from it');
  await close();
});

async function opened(url: string, selector: string) {
  const visited = await OpenPage.visit(url, selector, look);
  const { page, requests, complaints } = visited;
  return { page, requests, complaints, close: () => visited.close() };
}
