import { figureView } from '../../page/figure-view';
import { type PageParts, renderPage, sectionsView } from '../../page/frame';
import { markup, type Part } from '../../page/markup';
import { PAGE_STYLE } from '../../page/style';
import { sentenceOf } from '../../words';
import type { StudyReportData } from '../study-data';
import { differencesView } from './differences-view';
import { pointsView } from './points-view';
import { studyFacts } from './study-facts';
import { studySummary } from './study-summary';
import { STUDY_STYLE } from './study-style';
import { verdictsView } from './verdicts-view';

/** The report of a study as one file of HTML that needs nothing else, and may load nothing else. */
export function renderStudy(data: StudyReportData, parts: PageParts): string {
  const page = {
    title: `${data.study.title} · ${data.study.id}`,
    content: [studySummary(data), '\n', sectionsView(sections(data))],
    figures: data.figures,
    style: `${PAGE_STYLE}${STUDY_STYLE}`,
    beside: markup`The same numbers, and those of every run, are in the file beside this one that ends in <b>.json</b>; the runs are in the one that ends in <b>.csv</b>, a row each.`,
  };
  return renderPage(page, parts);
}

function sections(data: StudyReportData): [id: string, title: string, content: Part][] {
  const figures = (id: RegExp): Part =>
    data.figures.flatMap((figure, place) => (id.test(figure.id) ? [figureView(figure, place + 1)] : []));
  const isBoth = data.study.mode === 'both';
  return [
    ['figures', 'Figures', figures(/^(plot|shape)-/)],
    ['verdicts', 'What must hold', verdictsView(data)],
    ['stages', 'Stages', figures(/^breakdown/)],
    ['latency', 'Latency', figures(/^percentiles/)],
    ...(isBoth
      ? [['modes', 'Live against simulated', differencesView(data)] satisfies [string, string, Part]]
      : []),
    ['warnings', 'Warnings', warningsView(data)],
    ['points', 'Points', pointsView(data)],
    ['made', 'How it was made', studyFacts(data)],
  ];
}

function warningsView({ warnings }: StudyReportData): Part {
  return warnings.map((line) => markup`<p class="warning">${sentenceOf(line)}</p>`);
}
