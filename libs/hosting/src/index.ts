export * from './append-surely';
export * from './batch-lane';
export * from './model-time';
export * from './ports';
export * from './unit-host';
export * from './unit-journal';
