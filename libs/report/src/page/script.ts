import { POINT_CHARTS } from './point-script';

/**
 * What the page runs: draws the line charts, names the values under the pointer, and draws again when the width, the colour scheme
 * or the medium changes. Plain JavaScript for the browser, as a text, so that it is in `dist` and in the image like everything else.
 */
export const PAGE_SCRIPT = String.raw`(() => {
'use strict';
const figures = JSON.parse(document.getElementById('report-data').textContent);
const root = document.documentElement;
const colour = (name) => getComputedStyle(root).getPropertyValue('--' + name).trim();
const font = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

const digits = (value) => value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
const short = (text) => text.replace(/\.0+$/, '').replace(/(\.\d*[1-9])0+$/, '$1');
const scaled = (value, units) => {
  let place = 0;
  while (place < units.length - 1 && Math.abs(value) >= units[place + 1][0] * 0.9995) place += 1;
  return [value / units[place][0], units[place][1]];
};
const MICROS = [[1e-3, ' ns'], [1, ' µs'], [1e3, ' ms'], [1e6, ' s']];
const COUNTS = [[1, ''], [1e3, ' k'], [1e6, ' M'], [1e9, ' G']];
const micros = (value, exact) => {
  if (value === 0) return '0';
  const [number, unit] = scaled(value, MICROS);
  return (exact ? digits(number) : short(digits(number))) + unit;
};
const count = (value) => {
  if (Math.abs(value) < 1e6) return value.toLocaleString('en-US', { maximumFractionDigits: 2 });
  const [number, unit] = scaled(value, COUNTS);
  return short(digits(number)) + unit;
};
const seconds = (value) => value.toLocaleString('en-US', { maximumFractionDigits: 3 });
const millis = (value) => seconds(value * 1e3);
const percent = (value) => Number(value.toFixed(6)) + ' %';

const DASHES = { dashed: [7, 4], dotted: [2, 3] };
const over = (chart, rows) => rows.map(([x]) => chart.x.scale === 'percentile' ? 1 / (1 - x / 100) : x);
function seriesOf(chart, columns, off, points) {
  return chart.lines.map((line, place) => {
    const ink = colour(line.colour);
    return {
      label: columns[line.column].name,
      show: !off.has(place),
      stroke: ink,
      dash: DASHES[line.stroke],
      width: line.strong ? 2 : 1.5,
      fill: line.style === 'area' ? ink + '26' : undefined,
      points: { show: points < 3, size: 7, fill: ink },
    };
  });
}

/** Steps of an axis that counts what has no halves. */
const WHOLE = Array.from({ length: 13 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

/** Where an axis of percentiles has its marks, as 1/(1-p): 0 %, 50 %, and each further nine. */
const nines = (u) => [1, 2, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].filter((each) => each <= u.scales.x.max);
/** Names for as many of them as have room. */
const nineNames = (u, splits) => {
  const room = u.width - 90;
  let end = -Infinity;
  return splits.map((each) => {
    const name = percent(100 * (1 - 1 / each));
    const at = (room * Math.log(each)) / Math.log(u.scales.x.max);
    const half = 4 * name.length;
    if (at - half < end || at + half > room + 24) return '';
    end = at + half + 4;
    return name;
  });
};

function axesOf(chart) {
  const line = { stroke: colour('line'), width: 1 };
  const base = { stroke: colour('muted'), font, grid: line, ticks: { ...line, size: 5 }, gap: 6 };
  const below = { ...base, size: 30 };
  const x = chart.x.scale === 'percentile'
    ? { ...below, splits: nines, filter: (u, splits) => splits, values: nineNames }
    : { ...below, space: 70, values: (u, splits) => splits.map(chart.x.scale === 'millis' ? millis : seconds) };
  const name = chart.y.unit === 'micros' ? micros : count;
  const y = {
    ...base,
    space: 36,
    values: (u, splits) => splits.map((each) => each === null ? '' : name(each)),
    size: (u, values) => values ? 18 + 7 * Math.max(...values.map((each) => each.length)) : 50,
  };
  if (chart.y.unit === 'count') y.incrs = WHOLE;
  if (chart.y.log) {
    y.filter = (u, splits) => splits.map((each) => Math.abs(Math.log10(each) - Math.round(Math.log10(each))) < 1e-9 ? each : null);
    y.grid = { ...line, filter: y.filter };
    y.ticks = { ...base.ticks, filter: y.filter };
  }
  return [x, y];
}

function scalesOf(chart) {
  return {
    x: chart.x.scale === 'percentile'
      ? { time: false, distr: 3, range: (u, least, most) => [1, Math.max(10, most)] }
      : { time: false, range: (u, least, most) => [0, most] },
    y: chart.y.log
      ? { distr: 3 }
      : { range: (u, least, most) => [0, most > 0 ? most * 1.08 : 1] },
  };
}

/** The values under the pointer, in a box beside it. Each line is a text, and the colour of what it is about. */
function tip(linesAt) {
  const box = document.createElement('div');
  box.className = 'tip';
  return {
    init: (u) => { box.hidden = true; u.over.appendChild(box); },
    setCursor: (u) => {
      const { idx, left, top } = u.cursor;
      box.hidden = idx === null || idx === undefined || left < 0;
      if (box.hidden) return;
      box.replaceChildren();
      for (const [text, ink] of linesAt(u)) {
        const row = box.appendChild(document.createElement('div'));
        if (ink) row.appendChild(document.createElement('i')).style.background = ink;
        row.append(text);
      }
      const right = left > u.over.clientWidth / 2;
      box.style.left = (right ? left - box.offsetWidth - 12 : left + 12) + 'px';
      box.style.top = Math.max(0, Math.min(top - 12, u.over.clientHeight - box.offsetHeight)) + 'px';
    },
  };
}

/** Lines over a column of their table: what uPlot is asked for, and its data. */
function lineChart({ chart, rows, columns, off }) {
  const name = chart.y.unit === 'micros' ? (value) => micros(value, true) : count;
  const linesAt = (u) => {
    const row = rows[u.cursor.idx];
    const head = [chart.x.scale === 'percentile' ? percent(row[0]) : 'at ' + micros(row[0] * 1e6, true)];
    return [head, ...chart.lines.flatMap(({ column }, place) =>
      row[column] !== null && u.series[place + 1].show
        ? [[columns[column].name + ' ' + name(row[column]), u.series[place + 1].stroke()]]
        : [])];
  };
  const data = [over(chart, rows), ...chart.lines.map(({ column }) =>
    rows.map((row) => chart.y.log && !(row[column] > 0) ? null : row[column]))];
  return {
    data,
    hooks: tip(linesAt),
    cursor: { y: false, drag: { x: false, y: false } },
    scales: scalesOf(chart),
    axes: axesOf(chart),
    series: [{}, ...seriesOf(chart, columns, off, rows.length)],
    seriesOf: (line) => [line + 1],
  };
}
${POINT_CHARTS}
class Plot {
  constructor({ id, columns, rows, chart, curve }) {
    this.figure = document.getElementById(id);
    this.place = this.figure.querySelector('.plot');
    Object.assign(this, { columns, rows, chart, curve, off: new Set() });
    for (const button of this.figure.querySelectorAll('[data-line]'))
      button.addEventListener('click', () => this.toggle(button, Number(button.dataset.line)));
  }
  toggle(button, line) {
    const isOff = this.off.delete(line) ? false : Boolean(this.off.add(line));
    button.setAttribute('aria-pressed', String(!isOff));
    for (const series of this.drawn.seriesOf(line)) this.plot.setSeries(series, { show: !isOff });
  }
  size(width) {
    const { kind, y } = this.chart;
    if (kind === 'points') return { width, height: width < 500 ? 270 : 340 };
    return { width, height: width < 500 ? 230 : y.log ? 340 : 250 };
  }
  draw(width = this.place.clientWidth) {
    if (this.plot) this.plot.destroy();
    this.drawn = this.chart.kind === 'points' ? pointChart(this) : lineChart(this);
    const { data, hooks, cursor, scales, axes, series } = this.drawn;
    this.plot = new uPlot({
      ...this.size(width),
      padding: [10, 16, 0, 0],
      legend: { show: false },
      ...{ cursor, scales, axes, series },
      hooks: Object.fromEntries(Object.entries(hooks).map(([hook, act]) => [hook, [act]])),
    }, data, this.place);
    this.width = width;
  }
  fit() {
    const width = this.place.clientWidth;
    if (width > 0 && width !== this.width) {
      this.width = width;
      this.plot.setSize(this.size(width));
    }
  }
}

const plots = figures.map((figure) => new Plot(figure));
const drawAll = (width) => plots.forEach((plot) => plot.draw(width));
drawAll();
const watch = new ResizeObserver(() => { if (!root.classList.contains('printing')) plots.forEach((plot) => plot.fit()); });
plots.forEach((plot) => watch.observe(plot.place));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => drawAll());
addEventListener('beforeprint', () => { root.classList.add('printing'); drawAll(680); });
addEventListener('afterprint', () => { root.classList.remove('printing'); drawAll(); });
root.classList.add('drawn');
})();
`;
