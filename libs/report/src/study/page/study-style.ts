import { LINE_COLOURS } from '../lines';

const LIGHT = [
  ...['#2f6db5', '#cf6f1c', '#22835c', '#b83b4b', '#7556b3', '#86672f'],
  ...['#c04f95', '#5d6b78', '#7f8a12', '#1690a8', '#39489f', '#b98900'],
];
const DARK = [
  ...['#6fa8e8', '#f0a05c', '#5cc79e', '#f0857d', '#b49be8', '#c9a872'],
  ...['#e68cc4', '#a3b0bc', '#c0cc55', '#5fcfe2', '#98a4f0', '#f2c744'],
];

const places = Array.from({ length: LINE_COLOURS }, (_, place) => place);
const variables = (colours: readonly string[]): string =>
  places.map((place) => `--line${place}: ${colours[place % colours.length] ?? 'inherit'};`).join(' ');
const classes = places
  .map(
    (place) =>
      `.fill-line${place} { background: var(--line${place}); } .stroke-line${place} { stroke: var(--line${place}); } .mark-line${place} { fill: var(--line${place}); stroke: var(--line${place}); }`,
  )
  .join('\n');

/** What the page of a study has beside that of a run. */
export const STUDY_STYLE = `
:root { ${variables(LIGHT)} --part-panel: #faf3e6; }
@media (prefers-color-scheme: dark) { :root { ${variables(DARK)} --part-panel: #2f2819; } }
:root.printing { ${variables(LIGHT)} --part-panel: #faf3e6; }
@media print { :root { ${variables(LIGHT)} --part-panel: #faf3e6; } }
${classes}

.answer { margin: 0 0 28px; padding: 14px 20px; border-left: 4px solid var(--queueWait); border-radius: 4px; background: var(--part-panel); }
.answer.good { border-color: var(--good); background: var(--good-panel); }
.answer.bad { border-color: var(--bad); background: var(--bad-panel); color: inherit; }
.answer p { max-width: 50em; margin: 0; font-size: 17px; line-height: 1.5; text-wrap: pretty; }
.answer .of { margin-top: 6px; color: var(--muted); font-size: 14px; }
.answer cite::before { content: '— '; }

.legend .of { color: var(--muted); }
.legend .of::after { content: ':'; }
.legend button { display: inline-flex; align-items: center; max-width: 100%; text-align: left; }
.key { flex: none; width: 30px; height: 13px; margin-right: 6px; overflow: visible; }
.key line { stroke-width: 1.75; }
.key .dashed { stroke-dasharray: 6 3.5; }
.key .dotted { stroke-dasharray: 2 2.5; }
.key path { stroke-width: 1.25; }
.key .hollow { fill: var(--paper); }
.notes { margin-top: 0; padding-left: 18px; }
.notes li { margin: 2px 0; overflow-wrap: anywhere; }
.stack-name { overflow-wrap: anywhere; gap: 12px; }

.compact .stack-row { display: grid; grid-template-columns: 232px 1fr 84px; align-items: center; gap: 0 14px; padding: 3px 0; font-size: 14px; }
.compact .stack-name { display: contents; }
.compact .stack-name span { order: 2; text-align: right; white-space: nowrap; }
.compact .stack { order: 1; height: 20px; }
.compact.long .stack-row { grid-template-columns: 304px 1fr 84px; }
.compact .marks { margin-left: 246px; margin-right: 98px; }

.compact.long .marks { margin-left: 318px; }

.verdicts td:first-child { width: 36%; }
.verdicts .status { white-space: nowrap; font-weight: 600; color: var(--muted); }
.verdicts .holds .status { color: var(--good); }
.verdicts .fails .status { color: var(--bad); }
.points thead th, .differences thead th { white-space: normal; min-width: 76px; }
.differences tbody th { min-width: 130px; white-space: normal; }
.points small, .differences small { display: block; font-size: 12px; }
.points th:first-child, .differences th:first-child { position: sticky; left: 0; background: var(--paper); }
.differences .differs .status { color: var(--ink); font-weight: 600; }
.everything small { display: block; font-size: 12px; }
.everything thead small { display: inline; }
.numbers .caption { margin: 14px 0 0; }

@media (max-width: 760px) {
  .answer { padding: 12px 14px; }
  .answer p { font-size: 16px; }
  .compact .stack-row, .compact.long .stack-row { display: block; padding: 5px 0; }
  .compact .stack-name { display: flex; margin-top: 4px; }
  .compact .marks, .compact.long .marks { margin-left: 0; margin-right: 0; }
  .verdicts td { min-width: 130px; }
}

@media print {
  .answer, .verdicts tr { break-inside: avoid; }
  .answer { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .answer p { font-size: 11pt; }
  .points, .differences { font-size: 7.5pt; }
}
`;
