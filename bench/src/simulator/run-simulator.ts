import { join } from 'node:path';
import { measuredBy } from '../support/own-process';
import type { SimulatorFigures } from './simulator';

/** Measures the simulator in a process of its own. */
export function runSimulator(rounds: number, faultsPerRound: number): SimulatorFigures {
  return measuredBy(join(__dirname, 'main.js'), rounds, faultsPerRound);
}
