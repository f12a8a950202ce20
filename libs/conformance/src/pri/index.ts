export { PRI_FORMAT, type PriFile, type PriParameters, type PriStep, type PriVector } from './format';
export { parsePriFile } from './parse';
export { type PriRunOptions, runPriVector } from './run';
