export * from './codec';
export * from './headers';
export * from './schemas';
export * from './subjects';
export * from './scenario';
export * from './control';
export * from './version';
