export * from './compare';
export * from './iopf';
export * from './outcome';
export * from './pri';
export * from './run';
export { ConformanceFileInvalid } from './shape';
