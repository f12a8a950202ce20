export * from './append-surely';
export * from './batch-lane';
export * from './delay-line';
export * from './memory';
export * from './model-time';
export * from './ports';
export * from './unit-host';
export * from './unit-journal';
