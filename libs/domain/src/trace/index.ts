export { TraceLineError, type TraceAccess, type TraceLine, type TraceLineParser } from './access';
export { TraceCollapser, type TraceRun } from './collapse';
export { detectTraceFormat, TRACE_FORMATS, traceLineParser, type TraceFormat } from './format';
export { pageRanges } from './page-ranges';
