/** A number that is shown or plotted, a word, or null for none. */
export type Cell = number | string | null;

export interface Column {
  name: string;
  /** Unit of its numbers; empty for counts and words. */
  unit: string;
}

export interface Table {
  columns: Column[];
  rows: Cell[][];
}

/** How a line is drawn that is not solid. */
export type Stroke = 'dashed' | 'dotted';

/** A line of a chart: one column of its figure's table over the first. */
export interface Line {
  column: number;
  /** Colour of the page's style, without its two dashes. */
  colour: string;
  style: 'line' | 'area';
  strong?: true;
  stroke?: Stroke;
}

export interface LineChart {
  kind: 'lines';
  /**
   * `seconds` and `millis`: seconds, which the axis names as such or as milliseconds. `percentile`: 0 to 100 %, drawn over 1/(1-p) on a
   * log axis, so that each further nine takes the same room.
   */
  x: { title: string; scale: 'seconds' | 'millis' | 'percentile' };
  y: { title: string; unit: 'micros' | 'rate' | 'count'; log: boolean };
  lines: Line[];
}

/** Points of one line; one that is not solid has hollow points, or hollow bars. */
export interface PointLine {
  /** As its rows have it in their first column. */
  name: string;
  colour: string;
  stroke?: Stroke;
}

/**
 * Means over a parameter, with the intervals that they lie in: lines over a number, bars over words. Each row of the figure's table is
 * a point: its line, its x, its value, and the low and high end of its interval, null where it has none. Further columns are not drawn.
 */
export interface PointChart {
  kind: 'points';
  x: { title: string } & ({ scale: 'linear' | 'log' } | { scale: 'words'; words: string[] });
  y: { title: string; unit: 'micros' | 'rate' | 'count' | 'share'; log: boolean };
  /** What tells the lines apart; empty for one line. */
  legend: string;
  lines: PointLine[];
  /** Which of the figure's further tables has a thin curve for some of the lines: line, x and y. */
  curve: number | null;
}

/** Each row is a bar of parts that follow each other: the columns from the second on, in microseconds. */
export interface StackChart {
  kind: 'stacks';
  colours: string[];
  /** Each bar is a whole of its own, for bars too different in length to stand on one scale. */
  wholes?: true;
}

/** A figure with its numbers: what is drawn is what stands in its table. */
export interface Figure extends Table {
  id: string;
  title: string;
  caption: string;
  /** Whose time its axes have: that of this machine, or that of the modelled hardware. Never both in one figure. */
  time: 'wall' | 'model';
  /** What to say instead of drawing, when there is nothing to draw. */
  nothing: string | null;
  chart: LineChart | StackChart | PointChart;
  /** Sentences below the caption, one for each line or so. */
  notes?: string[];
  /** Numbers behind it that have other columns. */
  more?: (Table & { title: string })[];
}

const digits = (decimals: number) => {
  const factor = 10 ** decimals;
  return (value: number): number => Math.round(value * factor) / factor;
};

/** Microseconds to a nanosecond. */
export const roundMicros = digits(3);
/** Rates to a thousandth. */
export const roundRate = digits(3);
/** Microseconds as seconds, to a microsecond. */
export const secondsOf = (micros: number): number => digits(6)(micros / 1e6);
