import type { Figure } from '../figure';
import type { RunReportData } from '../report-data';
import { auditView, factsView, latencyView, totalsView } from './facts';
import { figureView } from './figure-view';
import { devicesView, slowestView } from './listings';
import { jsonMarkup, Markup, markup, type Part } from './markup';
import { PAGE_SCRIPT } from './script';
import { PAGE_STYLE } from './style';
import { summaryView } from './summary';
import { topologyView } from './topology-view';

/** What the page needs beside its data: the library that draws, and a hash for the page's own security policy. */
export interface PageParts {
  plotScript: string;
  plotStyle: string;
  /** Its licence, which goes where its code goes. */
  plotLicence: string;
  /** SHA-256 of a text in base64. */
  sha256(text: string): string;
}

/** The report of a run as one file of HTML that needs nothing else, and may load nothing else. */
export function renderReport(data: RunReportData, parts: PageParts): string {
  const style = closed(`${parts.plotStyle}\n${PAGE_STYLE}`);
  const library = closed(`/*!\n${parts.plotLicence.trim().replace(/\*\//g, '* /')}\n*/\n${parts.plotScript}`);
  const script = closed(PAGE_SCRIPT);
  const hashOf = (text: string): string => `'sha256-${parts.sha256(text)}'`;
  const policy = `default-src 'none'; script-src ${hashOf(library)} ${hashOf(script)}; style-src ${hashOf(style)}; base-uri 'none'; form-action 'none'`;
  const drawn = data.figures.filter(({ nothing, chart }) => nothing === null && chart.kind === 'lines');
  const forScript = drawn.map(({ id, columns, rows, chart }) => ({ id, columns, rows, chart }));
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${data.run.scenario} · ${data.run.id} · Faultline</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main>
${summaryView(data)}
${sections(data)}
</main>
<footer><p>Written by Faultline. The same numbers are in the files beside this one that end in <b>.json</b> and <b>.csv</b>. Charts are drawn by uPlot, under the MIT licence, which stands in this file.</p></footer>
<script type="application/json" id="report-data">${jsonMarkup(forScript)}</script>
<script>${new Markup(library)}</script>
<script>${new Markup(script)}</script>
</body>
</html>
`.text;
}

/** Nothing in a text may end the element that it stands in, and no line end may be read as another one. */
const closed = (text: string): string =>
  text.replace(/\r\n?/g, '\n').replace(/<\/(?=script|style)/gi, '<\\/');

function sections(data: RunReportData): Part {
  const figure = (id: string): Part => {
    const place = data.figures.findIndex((each) => each.id === id);
    const found: Figure | undefined = data.figures[place];
    return found ? figureView(found, place + 1) : null;
  };
  const all: [id: string, title: string, content: Part][] = [
    ['time', 'Over time', [figure('throughput'), figure('pending'), figure('again')]],
    ['latency', 'Latency', [figure('percentiles'), latencyView(data)]],
    ['stages', 'Stages', [figure('breakdown'), figure('model')]],
    ['devices', 'Devices', [topologyPart(data), devicesView(data)]],
    ['slow', 'The slowest faults', slowestView(data)],
    ['counts', 'Counts', totalsView(data)],
    ['audit', 'Audit', auditView(data)],
    ['made', 'How it was made', factsView(data)],
  ];
  return [
    markup`<noscript><p class="warning">The charts are drawn by a script, which does not run here. The numbers behind each of them are in the tables.</p></noscript>
<nav aria-label="Sections">${all.map(([id, title]) => markup`<a href="#${id}">${title}</a>`)}</nav>`,
    all.map(([id, title, content]) => markup`<section id="${id}"><h2>${title}</h2>${content}</section>`),
  ];
}

const topologyPart = ({ topology }: RunReportData): Part =>
  topology
    ? markup`<div class="picture">${topologyView(topology)}<p class="caption">The way of a fault: from its device through an IOMMU and an IOPF queue to a worker, and to the mm that handles it. Counts are faults of this run; a queue that carried none is not shown.</p></div>`
    : markup`<p class="nothing">The scenario is not kept with this run, so its topology is not known.</p>`;
