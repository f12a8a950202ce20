import type { Figure } from '../figure';
import { jsonMarkup, Markup, markup, type Part } from './markup';
import { PAGE_SCRIPT } from './script';

/** What the page needs beside its data: the library that draws, and a hash for the page's own security policy. */
export interface PageParts {
  plotScript: string;
  plotStyle: string;
  /** Its licence, which goes where its code goes. */
  plotLicence: string;
  /** SHA-256 of a text in base64. */
  sha256(text: string): string;
}

/** What a page is about. */
export interface Page {
  title: string;
  content: Part;
  /** All that are in the content, for the script that draws them. */
  figures: readonly Figure[];
  style: string;
  /** What the files beside it have. */
  beside: Part;
}

/** One file of HTML that needs nothing else, and may load nothing else. */
export function renderPage({ title, content, figures, style: own, beside }: Page, parts: PageParts): string {
  const style = closed(`${parts.plotStyle}\n${own}`);
  const library = closed(`/*!\n${parts.plotLicence.trim().replace(/\*\//g, '* /')}\n*/\n${parts.plotScript}`);
  const script = closed(PAGE_SCRIPT);
  const hashOf = (text: string): string => `'sha256-${parts.sha256(text)}'`;
  const policy = `default-src 'none'; script-src ${hashOf(library)} ${hashOf(script)}; style-src ${hashOf(style)}; base-uri 'none'; form-action 'none'`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Faultline</title>
<style>${new Markup(style)}</style>
</head>
<body>
<main>
${content}
</main>
<footer><p>Written by Faultline. ${beside} Charts are drawn by uPlot, under the MIT licence, which stands in this file.</p></footer>
<script type="application/json" id="report-data">${jsonMarkup(figures.flatMap(forScript))}</script>
<script>${new Markup(library)}</script>
<script>${new Markup(script)}</script>
</body>
</html>
`.text;
}

/** What the script needs of a figure; nothing of one that it does not draw. */
function forScript({ id, columns, rows, chart, nothing, more }: Figure): object[] {
  if (nothing !== null || chart.kind === 'stacks') return [];
  const drawn = { id, columns, rows, chart };
  return [chart.kind === 'points' ? { ...drawn, curve: more?.[chart.curve ?? -1]?.rows ?? [] } : drawn];
}

/** Nothing in a text may end the element that it stands in, and no line end may be read as another one. */
const closed = (text: string): string =>
  text.replace(/\r\n?/g, '\n').replace(/<\/(?=script|style)/gi, '<\\/');

/** Links to the sections of a page, and the sections. */
export function sectionsView(sections: readonly [id: string, title: string, content: Part][]): Part {
  return [
    markup`<noscript><p class="warning">The charts are drawn by a script, which does not run here. The numbers behind each of them are in the tables.</p></noscript>
<nav aria-label="Sections">${sections.map(([id, title]) => markup`<a href="#${id}">${title}</a>`)}</nav>`,
    sections.map(([id, title, content]) => markup`<section id="${id}"><h2>${title}</h2>${content}</section>`),
  ];
}
