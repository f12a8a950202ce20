import { formatMicros } from '@faultline/stats';
import type { Cell, Figure, LineChart, StackChart, Table } from '../figure';
import { roundUp } from '../time-bins';
import { markup, type Markup } from './markup';

/** A figure: title, drawing, caption, and the numbers behind it. */
export function figureView(figure: Figure, number: number): Markup {
  const { id, title, caption, nothing, time } = figure;
  const shown = [
    drawing(figure),
    markup`<p class="caption">${caption}</p>
<details class="numbers"><summary>The numbers behind figure ${number}</summary>${tableView(figure)}</details>`,
  ];
  return markup`
<figure id="${id}">
<figcaption><b>Figure ${number}.</b> ${title} <span class="time">${time} time</span></figcaption>
${nothing === null ? shown : markup`<p class="nothing">${nothing}</p>`}
</figure>`;
}

function drawing(figure: Figure): Markup {
  return figure.chart.kind === 'lines' ? lines(figure, figure.chart) : stacks(figure, figure.chart);
}

const headOf = ({ columns }: Table, place: number): string => columns[place]?.name ?? '';

/** The place that the page's script draws into, and its legend, which switches lines off and on. */
function lines(figure: Figure, { x, y, lines: drawn }: LineChart): Markup {
  const legend = drawn.map(
    ({ column, colour }, place) =>
      markup`<button type="button" data-line="${place}" aria-pressed="true"><i class="fill-${colour}"></i>${headOf(figure, column)}</button>`,
  );
  return markup`${drawn.length > 1 ? markup`<div class="legend">${legend}</div>` : null}
<div class="axis">${y.title}${y.log ? ', log' : ''}</div>
<div class="plot" role="img" aria-label="${figure.title}: ${figure.caption}"></div>
<div class="axis below">${x.title}</div>`;
}

const micros = (cell: Cell | undefined): number => (typeof cell === 'number' ? cell : 0);

/** Bars of parts, on one scale whose marks stand below. */
function stacks(figure: Figure, { colours }: StackChart): Markup {
  const totals = figure.rows.map((row) => row.slice(1).reduce<number>((sum, cell) => sum + micros(cell), 0));
  const longest = Math.max(...totals, 1e-3);
  const step = roundUp(longest / 5);
  const marks = Math.ceil(longest / step - 1e-9);
  const legend = colours.map(
    (colour, place) => markup`<span><i class="fill-${colour}"></i>${headOf(figure, place + 1)}</span>`,
  );
  return markup`<div class="legend">${legend}</div>
<div class="stacks">${figure.rows.map((row, place) => [
    markup`<div class="stack-name">${row[0] ?? ''}<span>${formatMicros(totals[place] ?? 0)}</span></div>`,
    stack(row, figure, colours, { step, marks }),
  ])}
<div class="marks">${Array.from({ length: marks + 1 }, (_, mark) => markup`<span>${formatMark(mark * step)}</span>`)}</div>
</div>`;
}

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
  { step, marks }: { step: number; marks: number },
): Markup {
  const percent = (value: number): string => ((100 * value) / (step * marks)).toFixed(3);
  let from = 0;
  const parts = colours.map((colour, place) => {
    const value = micros(row[place + 1]);
    const part = markup`<rect class="fill-${colour}" x="${percent(from)}" width="${percent(value)}" height="10"><title>${headOf(figure, place + 1)}: ${formatMicros(value)}</title></rect>`;
    from += value;
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
