import type { FaultTimeline } from '../../apps/event-log/src/api/faults/fault-schemas';
import { closeBrowser, hasBrowser, inBrowser } from './chromium';
import { ConsoleBench, hindrances } from './console.testkit';
import { LOOKS } from './drawn';
import { overhang } from './probes';

jest.setTimeout(60_000);
let bench: ConsoleBench;
afterEach(() => bench?.close());
afterAll(() => hasBrowser && closeBrowser());

/** A console over a run that was traced, or not, and its first fault as the API tells it. */
async function open(traces?: { url?: string }): Promise<FaultTimeline> {
  bench = await ConsoleBench.open('0.1.0/lifecycle', {}, traces);
  const [{ id } = { id: '' }] = (await bench.queries.faults({ limit: 1 })).faults;
  return (await bench.api.get<FaultTimeline>(`/api/runs/${bench.run}/faults/${id}`)).body;
}

const facts = '#about ~ .facts div';

inBrowser("a fault's trace", () => {
  it('is a way to the viewer where one is known, which fits and hinders nobody', async () => {
    const { fault } = await open({ url: 'http://127.0.0.1:16686/trace/TRACE_ID' });
    for (const how of LOOKS) {
      const { page, complaints, requests } = await bench.look(`#/faults/${fault.id}`, how);
      const fact = page.locator(facts, { hasText: 'Trace' });
      expect(await fact.innerText()).toBe(`Trace\n${fault.traceId}`);
      expect(await fact.locator('a').getAttribute('href')).toBe(
        `http://127.0.0.1:16686/trace/${fault.traceId}`,
      );
      // It is a page of somebody else's, in a window of its own, and nobody asks for it before.
      expect(await fact.locator('a').getAttribute('target')).toBe('_blank');
      expect(requests.filter((each) => !each.startsWith(`${bench.api.url}/`))).toEqual([]);
      expect([how, await overhang(page), complaints]).toEqual([how, 0, []]);
      expect([how, await hindrances(page)]).toEqual([how, []]);
    }
  });

  it('is its id alone where no viewer is known', async () => {
    const { fault } = await open({});
    expect(fault.traceId).toMatch(/^[0-9a-f]{32}$/);
    const { page } = await bench.look(`#/faults/${fault.id}`);
    const fact = page.locator(facts, { hasText: 'Trace' });
    expect([await fact.innerText(), await fact.locator('a').count()]).toEqual([`Trace\n${fault.traceId}`, 0]);
  });

  it('is not spoken of where there is none', async () => {
    const { fault } = await open();
    const { page } = await bench.look(`#/faults/${fault.id}`);
    expect(await page.locator(facts).count()).toBeGreaterThan(5);
    expect(await page.innerText('main')).not.toMatch(/trace/i);
  });
});
