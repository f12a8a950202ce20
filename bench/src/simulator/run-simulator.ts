import { join } from 'node:path';
import { measuredBy } from '../support/own-process';
import { LARGE, type LargeFigures } from './large';
import type { SimulatorFigures } from './simulator';

/** Measures the simulator in a process of its own. */
export function runSimulator(rounds: number, faultsPerRound: number): SimulatorFigures {
  return measuredBy(join(__dirname, 'main.js'), rounds, faultsPerRound);
}

/** Measures the largest simulation that there are wants for, in a process of its own. Takes many minutes. */
export function runLarge(): LargeFigures {
  const { devices, workers, accessesPerDevice } = LARGE;
  return measuredBy(join(__dirname, 'large-main.js'), devices, workers, accessesPerDevice);
}
