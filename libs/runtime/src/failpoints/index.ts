export * from './failing-ports';
export * from './failpoints';
export * from './plan';
