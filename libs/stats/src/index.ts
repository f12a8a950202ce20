export * from './format';
export * from './histogram';
export { type HistogramData, HistogramUnreadable } from './histogram-data';
export * from './summaries';
