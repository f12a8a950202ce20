export * from './decider';
export { NumberSet } from './number-set';
export * from './vocabulary';
