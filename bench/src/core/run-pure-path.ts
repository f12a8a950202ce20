import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { PureFigures } from './pure-path';

/** Young objects of a batch of messages die together; a young generation that holds a batch lets them do so without being copied. */
const YOUNG_GENERATION_MEGABYTES = 32;

/** Measures the pure path in a process of its own: what else this one has loaded costs a fifth of the speed. */
export function runPurePath(rounds: number, faultsPerRound: number): PureFigures {
  const script = join(__dirname, 'main.js');
  const flags = [`--max-semi-space-size=${YOUNG_GENERATION_MEGABYTES}`];
  const printed = execFileSync(process.execPath, [...flags, script, String(rounds), String(faultsPerRound)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(printed) as PureFigures;
}
