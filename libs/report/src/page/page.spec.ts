import type { RunReportData } from '../report-data';
import { auditOf, faultRow, reportOf, scenarioOf } from '../report.testkit';
import { escapeText, jsonMarkup, markup } from './markup';
import { type PageParts, renderReport } from './page';

const parts: PageParts = {
  plotScript: 'var uPlot = class {};',
  plotStyle: '.uplot { color: red; }',
  plotLicence: 'The MIT License (MIT) */ Copyright (c) somebody',
  sha256: (text) => `${text.length}`,
};
const page = (data: RunReportData): string => renderReport(data, parts);
const one = faultRow(1, 0, [10, 20, 30, 40, 50, 60]);
const hostile = `</script><script>alert("1")</script><img src=x onerror='alert(1)'>&`;

describe('markup', () => {
  it('escapes every value, and leaves what is markup', () => {
    expect(escapeText(`<a href="x" title='y'>&`)).toBe('&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;');
    expect(markup`<p>${'<b>'}${markup`<i>${1}</i>`}${[null, '&']}</p>`.text).toBe(
      '<p>&lt;b&gt;<i>1</i>&amp;</p>',
    );
    expect(jsonMarkup({ a: '</script><!--' }).text).toBe('{"a":"\\u003c/script>\\u003c!--"}');
  });
});

describe('the page', () => {
  it('loads nothing: it may run and show only what stands in it, by hash', () => {
    const html = page(reportOf([one]));
    const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
    expect(policy).toMatch(/^default-src &#39;none&#39;; script-src &#39;sha256-/);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    for (const tag of ['script', 'style'])
      for (const [, attributes = '', text = ''] of html.matchAll(
        new RegExp(`<${tag}([^>]*)>([^]*?)</${tag}>`, 'g'),
      ))
        if (!attributes.includes('application/json')) expect(policy).toContain(`sha256-${text.length}&#39;`);
    expect(html).not.toMatch(/ (src|style|on\w+)="|<link|@import|url\(/);
  });

  it('says what the machine under study was used for, where that is modelled', () => {
    const columns = [
      { name: 'worker or lock', unit: '' },
      { name: 'in use', unit: 'share' },
      { name: 'mean wait', unit: 'µs' },
    ];
    const rows = [
      ['lock of address space 1', 0.954, 2.5],
      ['iopf-worker-1', 0.5, null],
    ];
    const use = { table: { columns, rows }, bottleneck: 'bottleneck: lock of address space 1' };
    const html = page(reportOf([one], undefined, { use }));
    expect(html).toContain('The machine under study');
    expect(html).toContain('Bottleneck: lock of address space 1.');
    expect(html).toContain('<td class="number">95.4 %</td><td class="number">2.50 µs</td>');
    expect(html).toContain(
      '<td class="">iopf-worker-1</td><td class="number">50.0 %</td><td class="number">–</td>',
    );
    expect(page(reportOf([one]))).not.toContain('The machine under study');
  });

  it('has the licence of the library whose code it has', () => {
    expect(page(reportOf([one]))).toContain('The MIT License (MIT) * / Copyright (c) somebody');
  });

  it('lets no name out of its place', () => {
    const scenario = scenarioOf(1, { name: hostile });
    scenario.devices.forEach((device) => (device.name = hostile));
    const data = reportOf([one], scenario, {
      machine: { cpu: hostile, cores: 1, memoryBytes: 1, os: hostile, node: hostile },
      totals: [{ id: 'accesses', what: hostile, count: 1, detail: hostile }],
      slowest: [
        {
          ...{ id: hostile, device: hostile, pasid: '1', page: hostile, code: hostile },
          totalMicros: 1,
          longest: null,
          command: hostile,
        },
      ],
    });
    data.figures.forEach((figure) => (figure.columns[1] = { name: hostile, unit: hostile }));
    const html = page(data);
    expect(html).not.toContain('<img');
    expect(html.match(/<script/g)).toHaveLength(3);
    expect(html.match(/<\/script/g)).toHaveLength(3);
  });

  const broken = auditOf({
    clean: false,
    runEnded: 'failed',
    chain: {
      first: { fault: 'missing', sequence: 7, subject: null, sentence: 'message 7 is not there' } as never,
      heads: 0,
      headsTo: 0,
    },
    invariants: auditOf().invariants.map((each) => ({
      ...each,
      status: 'failed',
      violated: 9,
      violations: Array.from({ length: 9 }, (_, place) => ({
        invariant: each.invariant,
        sequence: place,
        identity: 'group 1',
        sentence: 'it is not',
      })),
    })),
  });
  const unsettled = faultRow(1, 0, [1, 1, 1, 1, 1, 1], {
    code: 'unanswered',
    settlement: null,
    instants: {
      writtenAtMicros: null,
      queuedAtMicros: null,
      startedAtMicros: null,
      handlingAtMicros: null,
      handledAtMicros: null,
      respondedAtMicros: null,
      receivedAtMicros: null,
      settledAtMicros: null,
    } as never,
  });
  const many = Array.from({ length: 1000 }, (_, request) =>
    faultRow(request, request * 1e3, [1, 2, 3, 4, 5, 6], { device: request % 200 }),
  );

  it.each<[string, RunReportData, RegExp[]]>([
    ['without a fault', reportOf([]), [/there was no fault to report/, /No fault was sent in this run/]],
    ['with one fault', reportOf([one]), [/1 fault settled\. It took 210 µs of wall time\./]],
    [
      'with faults of no length',
      reportOf([faultRow(1, 0, [0, 0, 0, 0, 0, 0])]),
      [/No fault of this run took any time/],
    ],
    [
      'of which none settled',
      reportOf([unsettled]),
      [/1 fault sent, and none settled\./, /No fault settled in this run/],
    ],
    [
      'that was interrupted',
      reportOf([one], scenarioOf(1), {
        ...{
          machine: null,
          program: null,
          audit: { atEnd: false, report: auditOf({ runEnded: 'running' }) },
        },
        run: {
          ...reportOf([one]).run,
          end: 'running',
          drained: null,
          startedAtMicros: null,
          lengthMicros: null,
        },
        log: { messages: 1, bytes: 1, durability: null },
      }),
      [/This run is not a whole one: interrupted/, /The run left no verdict/, /not recorded with this run/],
    ],
    [
      'that broke every invariant',
      reportOf([one], scenarioOf(1), { audit: { atEnd: true, report: broken } }),
      [/Audit failed: 9 broken/, /broken at sequence 7: message 7 is not there/, /4 more/],
    ],
    ['of which the scenario is lost', reportOf([one], null), [/its topology is not known/, /device 0/]],
    ['with 200 devices', reportOf(many, scenarioOf(200)), [/176 more devices/, /193 more/]],
  ])('of a run %s has no hole in it', (_what, data, said) => {
    const html = page(data);
    const visible = html.replace(/<(script|style)[^]*?<\/\1>/g, '');
    for (const sentence of said) expect(visible).toMatch(sentence);
    expect(visible).not.toMatch(/NaN|Infinity|undefined|\[object/);
    const figures = [...visible.matchAll(/<figure[^]*?<\/figure>/g)].map(([text]) => text);
    expect(figures).toHaveLength(data.figures.length);
    for (const figure of figures) expect(figure).toMatch(/class="(plot|stacks|nothing)"/);
    expect(html.length).toBeLessThan(2e6);
  });

  it('says of each figure whose time it shows, and the time scale', () => {
    const html = page(reportOf([one]));
    expect(html.match(/<span class="time">(wall|model) time<\/span>/g)).toHaveLength(6);
    expect(html).toMatch(/Time scale 100: /);
    expect(html).toMatch(/Model time: wall time divided by the time scale, 100\./);
  });

  it('says of how many devices some sent faults', () => {
    expect(page(reportOf(many, scenarioOf(200)))).toMatch(/1,000 faults of 200 devices settled/);
    expect(page(reportOf(many, scenarioOf(201)))).toMatch(/1,000 faults of 200 of 201 devices settled/);
  });

  it('stays small with very many devices and a very long scenario', () => {
    const html = page(reportOf([one], scenarioOf(10_000)));
    expect(html.length).toBeLessThan(2e6);
    expect(html).toMatch(/9,000 more are in the file/);
    expect(html).toMatch(/all of it is in scenario\.json/);
  });
});
