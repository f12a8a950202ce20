import { formatCount, formatMicros, formatRate } from '@faultline/stats';
import { markup, type Markup, type Part } from '../../page/markup';
import { small } from '../fit';
import { INTERVALS } from '../names';
import type { AggregateCell, StudyPointRow, StudyReportData } from '../study-data';

/** Points that are shown at once; the others are one click away. */
const SHOWN_POINTS = 24;
/** More than these would make the page heavy; the data beside it has all. */
const MOST_POINTS = 400;
const MOST_WHOLE = 120;
/** Figures that every reader looks for; those that the study draws or judges come beside them. */
const USUAL = ['throughput', 'latency.mean', 'latency.p50', 'latency.p99', 'latency.p999', 'inFlight'];

/** What each point came to: the usual figures, and all of them one click away. */
export function pointsView(data: StudyReportData): Part {
  const { points, kinds, definition } = data;
  if (points.length === 0) return markup`<p class="nothing">No run of this study was made.</p>`;
  const asked = [...definition.plots.map(({ y }) => y), ...definition.holds.map(({ figure }) => figure)];
  const keys = [...new Set([...USUAL, ...asked])].filter((key) => key in kinds);
  const [shown, rest] = [points.slice(0, SHOWN_POINTS), points.slice(SHOWN_POINTS, MOST_POINTS)];
  const left = points.length - shown.length - rest.length;
  const more = markup`<details class="more"><summary>${formatCount(rest.length)} more points</summary>${table(data, rest, keys)}${
    left > 0
      ? markup`<p class="caption">${formatCount(left)} more are in the file beside this one that ends in .json.</p>`
      : null
  }</details>`;
  return [
    markup`<p class="caption">${meansOf(points)}</p>`,
    table(data, shown, keys),
    rest.length > 0 ? more : null,
    everything(data),
  ];
}

function meansOf(points: readonly StudyPointRow[]): string {
  const hasIntervals = points.some(({ runs, failed }) => runs - failed > 1);
  return hasIntervals
    ? `Means over the runs of each point, and how far the ends of their ${INTERVALS} are from them; a single run has none.`
    : 'One run of each point, which does not say how large the noise is.';
}

/** Columns that say which point a row is. */
function namesOf({ study, points }: StudyReportData): [name: string, of: (row: StudyPointRow) => string][] {
  const hasModes = new Set(points.map(({ mode, time }) => `${mode} ${time}`)).size > 1;
  return [
    ...study.parameters.map(({ name }): [string, (row: StudyPointRow) => string] => [
      name,
      ({ values }) => String(values[name] ?? '–'),
    ]),
    ...(hasModes
      ? [
          ['mode', ({ mode, time }: StudyPointRow) => (time === 'wall' ? `${mode}, wall time` : mode)] as [
            string,
            (row: StudyPointRow) => string,
          ],
        ]
      : []),
  ];
}

function table(data: StudyReportData, rows: readonly StudyPointRow[], keys: readonly string[]): Markup {
  const names = namesOf(data);
  const { kinds } = data;
  return markup`<div class="scroll"><table class="points"><thead><tr>${names.map(([name]) => markup`<th>${name}</th>`)}<th class="number">runs</th>${keys.map(
    (key) => markup`<th class="number">${kinds[key]?.title ?? key}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (row) =>
      markup`<tr>${names.map(([, of]) => markup`<th>${of(row)}</th>`)}<td class="number">${row.runs - row.failed}${
        row.failed > 0 ? markup`<small class="bad">${row.failed} failed</small>` : null
      }</td>${keys.map((key) => cellView(row.figures[key], kinds[key]?.unit ?? ''))}</tr>`,
  )}</tbody></table></div>`;
}

function cellView(cell: AggregateCell | undefined, unit: string): Markup {
  if (!cell) return markup`<td class="number">–</td>`;
  const { mean, low, high } = cell;
  const beside =
    low === null || high === null ? null : markup`<small>± ${words((high - low) / 2, unit)}</small>`;
  return markup`<td class="number">${words(mean, unit)}${beside}</td>`;
}

/** As people read it. */
function words(value: number, unit: string): string {
  if (unit === 'µs') return formatMicros(value);
  return unit === '1/s' ? formatRate(value) : small(value);
}

/** Every aggregated figure of every point, as plain numbers. */
function everything(data: StudyReportData): Part {
  const { points, kinds } = data;
  const names = namesOf(data);
  const keys = Object.keys(kinds);
  const rows = points.slice(0, MOST_WHOLE);
  const left = points.length - rows.length;
  const cell = (of: AggregateCell | undefined): Markup =>
    of
      ? markup`<td>${of.mean}${of.low === null ? null : markup`<small>${of.low} to ${of.high ?? '–'}</small>`}</td>`
      : markup`<td>–</td>`;
  return markup`<details class="numbers everything"><summary>Every figure of every point</summary><div class="scroll"><table><thead><tr>${names.map(([name]) => markup`<th>${name}</th>`)}${keys.map(
    (key) => markup`<th>${key} <small>${kinds[key]?.unit ?? ''}</small></th>`,
  )}</tr></thead><tbody>${rows.map(
    (row) =>
      markup`<tr>${names.map(([, of]) => markup`<th>${of(row)}</th>`)}${keys.map((key) => cell(row.figures[key]))}</tr>
`,
  )}</tbody></table></div>${left > 0 ? markup`<p class="caption">${formatCount(left)} more points are in the file beside this one that ends in .json.</p>` : null}</details>`;
}
