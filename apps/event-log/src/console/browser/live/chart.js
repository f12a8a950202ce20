// A chart over time that goes on by itself.
import { ref } from '../directives.js';
import { html, loadPlot } from '../vendor.js';
import { instant } from '../words.js';

/** @typedef {{ name: string, colour: string, strong?: boolean, fill?: boolean }} Line */
/** @typedef {(number | null)[]} Values */

const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
/** The time that is shown, in seconds: what there is, but no less and no more than so much. */
const LEAST_SECONDS = 20;
const MOST_SECONDS = 120;

/** @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** @param {number} least @param {number} most @returns {[number, number]} */
const spanOf = (least, most) => [most - Math.min(MOST_SECONDS, Math.max(LEAST_SECONDS, most - least)), most];

export class Chart {
  /** @type {HTMLElement | undefined} */
  #place;
  /** @type {uPlot | undefined} */
  #plot;
  /** @type {[Values, ...Values[]]} */
  #data;
  #lines;
  #format;
  #watch = new ResizeObserver(() => this.#fit());

  /** @param {Line[]} lines @param {(value: number) => string} format of a value @param {AbortSignal} signal ends it */
  constructor(lines, format, signal) {
    this.#lines = lines;
    this.#format = format;
    this.#data = [[], ...lines.map(() => /** @type {Values} */ ([]))];
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => void this.#draw(), {
      signal,
    });
    signal.addEventListener('abort', () => this.#drop());
  }

  /** @param {string} label what it shows, in words that have the newest values */
  view(label) {
    return html`<div class="legend">
        ${this.#lines.map(({ name, colour: of }) => html`<span><i class="fill-${of}"></i>${name}</span>`)}
      </div>
      <div class="plot" role="img" aria-label=${label} ${ref(this.#placed)}></div>`;
  }

  /** @param {number[]} seconds since the Unix epoch @param {Values[]} values of each line */
  show(seconds, values) {
    this.#data = [seconds, ...values];
    this.#plot?.setData(/** @type {any} */ (this.#data));
  }

  /** One function for all drawings of the page, which would be told that it is another place each time. @param {Element | undefined} place */
  #placed = (place) => {
    this.#drop();
    this.#place = /** @type {HTMLElement | undefined} */ (place);
    if (!this.#place) return;
    this.#watch.observe(this.#place);
    void this.#draw();
  };

  #drop() {
    this.#watch.disconnect();
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #fit() {
    const width = this.#place?.clientWidth ?? 0;
    if (this.#plot && width > 0 && width !== this.#plot.width)
      this.#plot.setSize({ width, height: this.#plot.height });
  }

  async #draw() {
    const Plot = await loadPlot();
    const place = this.#place;
    if (!place?.isConnected) return;
    this.#plot?.destroy();
    this.#plot = new Plot(this.#options(place.clientWidth), /** @type {any} */ (this.#data), place);
  }

  /** @param {number} width @returns {import('/console/vendor/uplot/uPlot.esm.js').Options} */
  #options(width) {
    const line = { stroke: colour('line'), width: 1 };
    const axis = { stroke: colour('muted'), font: FONT, grid: line, ticks: { ...line, size: 5 }, gap: 6 };
    return {
      ...{ width, height: 220, padding: [10, 12, 0, 0], legend: { show: false } },
      cursor: { y: false, drag: { x: false, y: false } },
      scales: {
        x: { time: false, range: (_plot, least, most) => spanOf(least ?? 0, most ?? 0) },
        y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.08 : 1] },
      },
      axes: [
        {
          ...axis,
          size: 30,
          space: 80,
          values: (_plot, splits) => splits.map((each) => instant(each * 1e6).slice(11, 19)),
        },
        {
          ...axis,
          space: 36,
          size: 72,
          values: (_plot, splits) => splits.map((each) => (each === 0 ? '0' : this.#format(each))),
        },
      ],
      series: [
        {},
        ...this.#lines.map(({ name, colour: of, strong, fill }) => ({
          ...{ label: name, stroke: colour(of), width: strong ? 2 : 1.5, spanGaps: false },
          points: { show: false },
          ...(fill ? { fill: `${colour(of)}26` } : {}),
        })),
      ],
      hooks: tip(this.#lines, this.#format),
    };
  }
}

/** The values under the pointer, in a box beside it. @param {Line[]} lines @param {(value: number) => string} format */
function tip(lines, format) {
  const box = document.createElement('div');
  box.className = 'tip';
  box.hidden = true;
  return {
    init: [(/** @type {uPlot} */ plot) => void plot.over.append(box)],
    setCursor: [
      (/** @type {uPlot} */ plot) => {
        const { idx, left = -1, top = 0 } = plot.cursor;
        box.hidden = idx === null || idx === undefined || left < 0;
        if (box.hidden) return;
        const at = idx ?? 0;
        const rows = lines.flatMap(({ name, colour: of }, place) => {
          const value = plot.data[place + 1]?.[at];
          if (value === null || value === undefined) return [];
          const row = document.createElement('div');
          const key = row.appendChild(document.createElement('i'));
          key.className = `fill-${of}`;
          row.append(`${name} ${format(value)}`);
          return [row];
        });
        box.replaceChildren(instant((plot.data[0][at] ?? 0) * 1e6).slice(11, 21), ...rows);
        const isRight = left > plot.over.clientWidth / 2;
        box.style.left = `${isRight ? left - box.offsetWidth - 12 : left + 12}px`;
        box.style.top = `${Math.max(0, Math.min(top - 12, plot.over.clientHeight - box.offsetHeight))}px`;
      },
    ],
  };
}
