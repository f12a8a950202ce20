import { TraceLineError, type TraceLineParser } from './access';
import { parseCsvLine } from './csv';
import { parseLackeyLine } from './lackey';
import { parsePerfLine } from './perf';
import { parsePrqLine } from './prq';

/** Formats of traces that can be read. */
export type TraceFormat = 'lackey' | 'prq' | 'perf' | 'csv';

/** The formats, in the order in which they are tried. */
export const TRACE_FORMATS: readonly TraceFormat[] = ['lackey', 'prq', 'perf', 'csv'];

const PARSERS: Readonly<Record<TraceFormat, TraceLineParser>> = {
  lackey: parseLackeyLine,
  prq: parsePrqLine,
  perf: parsePerfLine,
  csv: parseCsvLine,
};

/** The line parser of a format. */
export function traceLineParser(format: TraceFormat): TraceLineParser {
  return PARSERS[format];
}

/**
 * The format in which the most of these lines are accesses, if that is more than are errors: one bad line does not hide the
 * format of the others, so that the error names the line. `undefined` when no format fits.
 */
export function detectTraceFormat(firstLines: readonly string[]): TraceFormat | undefined {
  let found: TraceFormat | undefined;
  let most = 0;
  for (const format of TRACE_FORMATS) {
    const { accesses, errors } = countLines(firstLines, PARSERS[format]);
    if (accesses <= most || accesses <= errors) continue;
    found = format;
    most = accesses;
  }
  return found;
}

function countLines(lines: readonly string[], parse: TraceLineParser): { accesses: number; errors: number } {
  let accesses = 0;
  let errors = 0;
  for (const [at, line] of lines.entries()) {
    const result = parse(line, at + 1);
    if (result instanceof TraceLineError) errors += 1;
    else if (result !== 'skip') accesses += 1;
  }
  return { accesses, errors };
}
