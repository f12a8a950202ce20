export * from './bottleneck';
export * from './format';
export { FigureInvalid } from './figures';
export * from './histogram';
export { type HistogramData, HistogramUnreadable } from './histogram-data';
export { type Interval } from './interval';
export * from './littles-law';
export * from './stage-sum';
export * from './summaries';
