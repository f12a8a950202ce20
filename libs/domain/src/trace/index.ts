export { NO_TIME, TraceLineError, type TraceAccess, type TraceLine, type TraceLineParser } from './access';
export { TraceCollapser, type TraceRun } from './collapse';
export { parseCsvLine } from './csv';
export { detectTraceFormat, TRACE_FORMATS, traceLineParser, type TraceFormat } from './format';
export { parseLackeyLine } from './lackey';
export { pageRanges } from './page-ranges';
export { parsePerfLine } from './perf';
export { parsePrqLine } from './prq';
