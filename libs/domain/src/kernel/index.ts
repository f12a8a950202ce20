export * from './decider';
export * from './vocabulary';
