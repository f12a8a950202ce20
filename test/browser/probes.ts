import type { Page } from 'playwright-core';

/** What is to be seen of one figure. */
export interface SeenFigure {
  id: string;
  /** The sentence instead of a drawing. */
  nothing: string | null;
  /** Different colours on its canvas; 1 when it is blank, 0 when there is none. */
  colours: number;
  /** Pixels in the colour of each line of the legend, or of the only line. */
  inked: number[];
  /** For each line, how many stretches of columns have pixels in its colour: of bars, how many bars there are. */
  stretches: number[];
  /** Parts of bars that have a width. */
  parts: number;
  /** The numbers behind it, as they stand in the page. */
  table: string[][];
}

// Functions of the page are texts: the types of a browser are not known here, and would be known everywhere if they were.
const SEE = `(() => {
  const channels = (text) => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const pen = canvas.getContext('2d');
    pen.fillStyle = text;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const colourOf = (name) => channels(getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim());
  const specs = JSON.parse(document.getElementById('report-data').textContent);
  return [...document.querySelectorAll('figure')].map((figure) => {
    const canvas = figure.querySelector('canvas');
    const spec = specs.find(({ id }) => id === figure.id);
    const seen = new Set();
    const inks = (spec ? spec.chart.lines : []).map(({ colour }) => colourOf(colour));
    const inked = inks.map(() => 0);
    const columns = inks.map(() => new Set());
    if (canvas) {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      for (let at = 0; at < data.length; at += 4) {
        seen.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2] | (data[at + 3] > 0 ? 1 << 24 : 0));
        if (data[at + 3] > 120)
          inks.forEach((ink, place) => {
            if ([0, 1, 2].every((channel) => Math.abs(ink[channel] - data[at + channel]) < 6)) {
              inked[place] += 1;
              columns[place].add((at / 4) % canvas.width);
            }
          });
      }
    }
    return {
      id: figure.id,
      nothing: figure.querySelector('.nothing')?.textContent ?? null,
      colours: seen.size,
      inked,
      stretches: columns.map((each) => [...each].filter((column) => !each.has(column - 1)).length),
      parts: [...figure.querySelectorAll('.stack rect')].filter((part) => part.getBoundingClientRect().width > 0).length,
      table: [...figure.querySelectorAll('.numbers tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent)),
    };
  });
})()`;

/** What the page shows of each of its figures. */
export const seenFigures = (page: Page): Promise<SeenFigure[]> => page.evaluate(SEE);

/** How far the page reaches beyond the window at its right, in CSS pixels. */
export const overhang = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - window.innerWidth');

/** Texts that stand outside of the figure that they belong to, or on top of each other. */
export const colliding = (page: Page): Promise<string[]> =>
  page.evaluate(`(() => {
    const found = [];
    for (const group of document.querySelectorAll('.legend, .marks, .stack-name, .tiles, nav, .topology svg')) {
      const frame = group.getBoundingClientRect();
      if (frame.width === 0) continue;
      const texts = [...group.querySelectorAll('button, span, dt, dd, a, text')]
        .map((each) => {
          const range = document.createRange();
          range.selectNodeContents(each);
          return { text: each.textContent, box: range.getBoundingClientRect(), hidden: getComputedStyle(each).visibility === 'hidden' };
        })
        .filter(({ box, hidden }) => box.width > 0 && !hidden);
      texts.forEach(({ text, box }, place) => {
        if (box.left < frame.left - 1 || box.right > frame.right + 1) found.push(text + ' stands out of its ' + group.className);
        for (const other of texts.slice(place + 1))
          if (Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left) > 1 &&
              Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top) > 4)
            found.push(text + ' on ' + other.text);
      });
    }
    return found;
  })()`);
