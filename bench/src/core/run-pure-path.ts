import { join } from 'node:path';
import { measuredBy } from '../support/own-process';
import type { PureFigures } from './pure-path';

/** Measures the pure path in a process of its own. */
export function runPurePath(rounds: number, faultsPerRound: number): PureFigures {
  return measuredBy(join(__dirname, 'main.js'), rounds, faultsPerRound);
}
