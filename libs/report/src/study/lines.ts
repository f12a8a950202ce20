import type { DrawnPlot, ParameterValue, Study, StudyLine } from '@faultline/study';
import type { PointChart, PointLine } from '../figure';
import { modesOf, parameterTitle } from './names';

/** Colours of the page's style that tell lines apart. */
export const LINE_COLOURS = 12;
export const lineColour = (place: number): string => `line${place % LINE_COLOURS}`;

/** A line of a plot with what the page calls it. */
export interface NamedLine extends PointLine {
  line: StudyLine;
}

/** Names and colours of lines: those of one value share a colour, and are told apart by how they are drawn. */
export function nameLines(lines: readonly StudyLine[], by: string | undefined): NamedLine[] {
  const modes = modesOf(lines);
  const levels = [...new Set(lines.map((line) => line.by))];
  const order = [...lines].sort((one, other) => modes.indexOf(one.mode) - modes.indexOf(other.mode));
  return order.map((line) => {
    const level = line.by === null ? [] : [String(line.by)];
    const isSecond = modes.length > 1 && line.mode === 'simulated';
    const place = by === undefined ? modes.indexOf(line.mode) : levels.indexOf(line.by);
    return {
      name: [...level, ...(modes.length > 1 || level.length === 0 ? [line.mode] : [])].join(', '),
      colour: lineColour(place),
      ...(isSecond ? { stroke: 'dotted' as const } : {}),
      line,
    };
  });
}

/** A number axis where all values are numbers, with a log scale where that can be; else one of words, numbers among them. */
export function axisOf(
  study: Study,
  plot: DrawnPlot['plot'],
  lines: readonly { points: readonly { x: ParameterValue }[] }[],
): PointChart['x'] {
  const title = parameterTitle(study, plot.x);
  const values = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))];
  const numbers = values.filter((value) => typeof value === 'number');
  if (numbers.length < values.length) return { title, scale: 'words', words: values.map(String) };
  const isLog = plot.log.includes('x') && numbers.every((value) => value > 0);
  return { title, scale: isLog ? 'log' : 'linear' };
}

/** Where a value stands on an axis, as the rows of a figure have it: on one of words a number is a word too. */
export const placeOn = ({ scale }: PointChart['x'], value: ParameterValue): number | string =>
  scale !== 'words' && typeof value === 'number' ? value : String(value);
