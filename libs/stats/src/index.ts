export * from './histogram';
export * from './summaries';
