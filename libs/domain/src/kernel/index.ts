export * from './decider';
export { NumberSet } from './number-set';
export { Numbered } from './numbered';
export * from './vocabulary';
