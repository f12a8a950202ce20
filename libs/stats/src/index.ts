export * from './format';
export * from './histogram';
export * from './summaries';
