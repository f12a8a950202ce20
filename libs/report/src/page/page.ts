import type { Figure } from '../figure';
import type { RunReportData } from '../report-data';
import { auditView, factsView, latencyView, totalsView } from './facts';
import { figureView } from './figure-view';
import { devicesView, machineView, slowestView } from './listings';
import { type PageParts, renderPage, sectionsView } from './frame';
import { markup, type Part } from './markup';
import { PAGE_STYLE } from './style';
import { summaryView } from './summary';
import { topologyView } from './topology-view';

export type { PageParts } from './frame';

/** The report of a run as one file of HTML that needs nothing else, and may load nothing else. */
export function renderReport(data: RunReportData, parts: PageParts): string {
  const page = {
    title: `${data.run.scenario} · ${data.run.id}`,
    content: [summaryView(data), '\n', sections(data)],
    figures: data.figures,
    style: PAGE_STYLE,
    beside: markup`The same numbers are in the files beside this one that end in <b>.json</b> and <b>.csv</b>.`,
  };
  return renderPage(page, parts);
}

type Section = [id: string, title: string, content: Part];

function sections(data: RunReportData): Part {
  const figure = (id: string): Part => {
    const place = data.figures.findIndex((each) => each.id === id);
    const found: Figure | undefined = data.figures[place];
    return found ? figureView(found, place + 1) : null;
  };
  const all: Section[] = [
    ['time', 'Over time', [figure('throughput'), figure('pending'), figure('again')]],
    ['latency', 'Latency', [figure('percentiles'), latencyView(data)]],
    ['stages', 'Stages', [figure('breakdown'), figure('model')]],
    ['devices', 'Devices', [topologyPart(data), devicesView(data)]],
    ...(data.use ? [['machine', 'The machine under study', machineView(data.use)] satisfies Section] : []),
    ['slow', 'The slowest faults', slowestView(data)],
    ['counts', 'Counts', totalsView(data)],
    ['audit', 'Audit', auditView(data)],
    ['made', 'How it was made', factsView(data)],
  ];
  return sectionsView(all);
}

const topologyPart = ({ topology }: RunReportData): Part =>
  topology
    ? markup`<div class="picture">${topologyView(topology)}<p class="caption">The way of a fault: from its device through an IOMMU and an IOPF queue to a worker, and to the mm that handles it. Counts are faults of this run; a queue that carried none is not shown.</p></div>`
    : markup`<p class="nothing">The scenario is not kept with this run, so its topology is not known.</p>`;
