import { formatMicros } from '@faultline/stats';
import type { Cell, Figure, LineChart, PointChart, StackChart, Table } from '../figure';
import { roundUp } from '../time-bins';
import { keyOf } from './keys';
import { markup, type Markup, type Part } from './markup';

/** A figure: title, drawing, caption, and the numbers behind it. */
export function figureView(figure: Figure, number: number): Markup {
  const { id, title, caption, nothing, time, notes = [], more = [] } = figure;
  const shown = [
    drawing(figure),
    markup`<p class="caption">${caption}</p>
${notes.length > 0 ? markup`<ul class="caption notes">${notes.map((note) => markup`<li>${note}</li>`)}</ul>` : null}<details class="numbers"><summary>The numbers behind figure ${number}</summary>${tableView(figure)}${more.map(
      (table) => [markup`<p class="caption">${table.title}</p>`, tableView(table)],
    )}</details>`,
  ];
  return markup`
<figure id="${id}">
<figcaption><b>Figure ${number}.</b> ${title} <span class="time">${time} time</span></figcaption>
${nothing === null ? shown : markup`<p class="nothing">${nothing}</p>`}
</figure>`;
}

function drawing(figure: Figure): Markup {
  const { chart } = figure;
  if (chart.kind === 'points') return points(figure, chart);
  return chart.kind === 'lines' ? lines(figure, chart) : stacks(figure, chart);
}

const headOf = ({ columns }: Table, place: number): string => columns[place]?.name ?? '';

/** A line of a legend, which switches it off and on. */
const switchOf = (place: number, key: Markup, name: string): Markup =>
  markup`<button type="button" data-line="${place}" aria-pressed="true">${key}${name}</button>`;

function lines(figure: Figure, { x, y, lines: drawn }: LineChart): Markup {
  const hasStrokes = drawn.some(({ stroke }) => stroke !== undefined);
  const legend = drawn.map(({ column, colour, stroke }, place) =>
    switchOf(
      place,
      hasStrokes
        ? keyOf({ colour, ...(stroke ? { stroke } : {}) }, null)
        : markup`<i class="fill-${colour}"></i>`,
      headOf(figure, column),
    ),
  );
  return markup`${drawn.length > 1 ? markup`<div class="legend">${legend}</div>` : null}${plot(figure, x.title, y)}`;
}

function points(figure: Figure, { x, y, lines: drawn, legend: title }: PointChart): Markup {
  const legend = drawn.map((line, place) =>
    switchOf(place, keyOf(line, x.scale === 'words' ? 'bar' : place), line.name),
  );
  const head: Part = title === '' ? null : markup`<span class="of">${title}</span>`;
  return markup`${drawn.length > 1 ? markup`<div class="legend">${head}${legend}</div>` : null}${plot(figure, `${x.title}${x.scale === 'log' ? ', log' : ''}`, y)}`;
}

/** The place that the page's script draws into, between the titles of its axes. */
function plot({ title, caption }: Figure, below: string, y: { title: string; log: boolean }): Markup {
  return markup`
<div class="axis">${y.title}${y.log ? ', log' : ''}</div>
<div class="plot" role="img" aria-label="${title}: ${caption}"></div>
<div class="axis below">${below}</div>`;
}

const micros = (cell: Cell | undefined): number => (typeof cell === 'number' ? cell : 0);

/** Bars that are shown at once, and from how many on each takes one line where there is room. */
const SHOWN_BARS = 24;
const SPACIOUS_BARS = 6;
/** Letters that a name has room for in such a line. */
const LONG_NAME = 30;

/** Bars of parts, on one scale whose marks stand below. */
function stacks(figure: Figure, chart: StackChart): Markup {
  const { rows } = figure;
  const totals = rows.map((row) => row.slice(1).reduce<number>((sum, cell) => sum + micros(cell), 0));
  const longest = Math.max(...totals, 1e-3);
  const step = chart.wholes ? WHOLE / 5 : roundUp(longest / 5);
  const marks = Math.ceil((chart.wholes ? WHOLE : longest) / step - 1e-9);
  const legend = chart.colours.map(
    (colour, place) => markup`<span><i class="fill-${colour}"></i>${headOf(figure, place + 1)}</span>`,
  );
  const isCompact = rows.length > SPACIOUS_BARS;
  const bar = (row: readonly Cell[], place: number): Part => {
    const total = totals[place] ?? 0;
    const name = markup`<div class="stack-name">${row[0] ?? ''}<span>${formatMicros(total)}</span></div>`;
    const scale = { step, marks, of: chart.wholes && total > 0 ? WHOLE / total : 1 };
    const drawn = [name, stack(row, figure, chart.colours, scale)];
    return isCompact ? markup`<div class="stack-row">${drawn}</div>` : drawn;
  };
  const bars = rows.map(bar);
  const scale = markup`
<div class="marks">${Array.from({ length: marks + 1 }, (_, mark) => markup`<span>${chart.wholes ? `${mark * step} %` : formatMark(mark * step)}</span>`)}</div>
`;
  const isLong = rows.some(([name]) => String(name ?? '').length > LONG_NAME);
  const kind = isCompact ? `stacks compact${isLong ? ' long' : ''}` : 'stacks';
  const shown = (some: readonly Part[]): Markup => markup`<div class="${kind}">${some}${scale}</div>`;
  const rest = bars.slice(SHOWN_BARS);
  return markup`<div class="legend">${legend}</div>
${shown(bars.slice(0, SHOWN_BARS))}${rest.length > 0 ? markup`<details class="more"><summary>${rest.length} more</summary>${shown(rest)}</details>` : null}`;
}

/** A whole in percent. */
const WHOLE = 100;

const formatMark = (value: number): string =>
  value === 0
    ? '0'
    : formatMicros(value)
        .replace(/(\.\d*?)0+ /, '$1 ')
        .replace('. ', ' ');

function stack(
  row: readonly Cell[],
  figure: Figure,
  colours: readonly string[],
  { step, marks, of }: { step: number; marks: number; of: number },
): Markup {
  const percent = (value: number): string => ((100 * value) / (step * marks)).toFixed(3);
  let from = 0;
  const parts = colours.map((colour, place) => {
    const value = micros(row[place + 1]);
    const part = markup`<rect class="fill-${colour}" x="${percent(from)}" width="${percent(of * value)}" height="10"><title>${headOf(figure, place + 1)}: ${formatMicros(value)}</title></rect>`;
    from += of * value;
    return part;
  });
  const grid = Array.from({ length: marks + 1 }, (_, mark) => {
    const x = percent(mark * step);
    return markup`<line class="grid" x1="${x}" x2="${x}" y1="0" y2="10"/>`;
  });
  return markup`<svg class="stack" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${grid}${parts}</svg>`;
}

/** A table of plain numbers, exactly those of the data. */
export function tableView({ columns, rows }: Table): Markup {
  return markup`<div class="scroll"><table><thead><tr>${columns.map(
    ({ name, unit }) => markup`<th>${name}${unit === '' ? null : markup` <small>${unit}</small>`}</th>`,
  )}</tr></thead><tbody>${rows.map(
    (row) => markup`<tr>${row.map((cell) => markup`<td>${cell ?? '–'}</td>`)}</tr>
`,
  )}</tbody></table></div>`;
}
