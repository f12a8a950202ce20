/** A column of a table: its heading and on which side its cells line up. */
export interface Column {
  heading: string;
  align?: 'left' | 'right';
}

/** Space between two columns. */
const GAP = '  ';

/**
 * Lines of an aligned table. The width of a column is that of its widest cell; when the lines are wider than `columns`, the last
 * left-aligned column is cut with an ellipsis.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string[] {
  const headed = columns.some((column) => column.heading !== '');
  const all = headed ? [columns.map((column) => column.heading), ...rows] : rows;
  const widths = columns.map((_, place) => Math.max(0, ...all.map((row) => lengthOf(row[place] ?? ''))));
  shrink(columns, widths, width);
  return all.map((row) =>
    columns
      .map((column, place) => cell(row[place] ?? '', widths[place] ?? 0, column.align))
      .join(GAP)
      .trimEnd(),
  );
}

function shrink(columns: readonly Column[], widths: number[], width: number): void {
  const total = widths.reduce((sum, each) => sum + each, 0) + GAP.length * (columns.length - 1);
  const widest = columns.findLastIndex((column) => column.align !== 'right');
  const current = widths[widest];
  if (total <= width || current === undefined) return;
  widths[widest] = Math.max(8, current - (total - width));
}

function cell(text: string, width: number, align: Column['align']): string {
  const cut = lengthOf(text) > width ? `${[...text].slice(0, width - 1).join('')}…` : text;
  const padding = ' '.repeat(Math.max(0, width - lengthOf(cut)));
  return align === 'right' ? padding + cut : cut + padding;
}

/** Characters, not code units: `µ` and `…` count once. */
function lengthOf(text: string): number {
  return [...text].length;
}

/** Indents every line. */
export function indent(lines: readonly string[], by = 2): string[] {
  return lines.map((line) => (line === '' ? line : ' '.repeat(by) + line));
}
