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

/** A line of a chart: one column of its figure's table over the first. */
export interface Line {
  column: number;
  /** Colour of the page's style, without its two dashes. */
  colour: string;
  style: 'line' | 'area';
  strong?: true;
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

/** Each row is a bar of parts that follow each other: the columns from the second on, in microseconds. */
export interface StackChart {
  kind: 'stacks';
  colours: string[];
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
  chart: LineChart | StackChart;
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
