import type { Cell, Figure } from '@faultline/report';
import type { Look } from './chromium';
import type { SeenFigure } from './probes';

/** Wide and narrow, light and dark. */
export const LOOKS: Look[] = [
  { width: 1280, scheme: 'light' },
  { width: 1280, scheme: 'dark' },
  { width: 390, scheme: 'light' },
  { width: 390, scheme: 'dark' },
];

const textOf = (rows: Figure['rows']): string[][] =>
  rows.map((row) => row.map((cell) => String(cell ?? '–')));

/** That a figure is drawn in all of its parts, with the numbers of its data behind it. */
export function expectDrawn(figure: Figure, seen: SeenFigure | undefined): void {
  expect(seen?.nothing).toBe(figure.nothing);
  if (!seen || figure.nothing !== null) return;
  const { id, rows, more = [], chart } = figure;
  expect(seen.table).toEqual(textOf([...rows, ...more.flatMap((table) => table.rows)]));
  if (chart.kind === 'stacks') {
    const parts = rows.flatMap((row) => row.slice(1)).filter((cell) => Number(cell) > 0);
    expect(seen.parts).toBeGreaterThanOrEqual(parts.length / 2);
    return;
  }
  expect(seen.colours).toBeGreaterThan(20);
  const all = valuesOf(figure);
  all.forEach((values, place) => {
    if (!values.some((value) => Number(value) > 0)) return;
    const inked = seen.inked[place] ?? 0;
    expect([id, place, inked, inked > 10]).toEqual([id, place, inked, true]);
    if (chart.kind !== 'points' || chart.x.scale !== 'words') return;
    // Lines of both modes share a colour.
    const { lines } = chart;
    const own = all.filter((_, line) => lines[line]?.colour === lines[place]?.colour).flat();
    const bars = own.filter((value) => Number(value) > 0).length;
    expect([id, place, seen.stretches[place]]).toEqual([id, place, bars]);
  });
}

/** The values of each line of a chart. */
function valuesOf({ chart, rows }: Figure): Cell[][] {
  if (chart.kind === 'stacks') return [];
  if (chart.kind === 'lines') return chart.lines.map(({ column }) => rows.map((row) => row[column] ?? null));
  return chart.lines.map(({ name }) => rows.filter(([line]) => line === name).map((row) => row[2] ?? null));
}
