import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { browserPath, measureBrowsing } from './browse';
import { writeLivedRecord } from './lived-record';
import { measureSearch } from './search';

const ROWS = 1_000_000;
const RUN = '20250101-000000-many';

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const millis = (value: number): string => `${value.toFixed(1).padStart(8)} ms`;

/** Prints how long the first page of each kind of listing takes among a million faults, or as many as the first argument says. */
async function searches(rows: number): Promise<void> {
  print(`first pages of 50 among ${rows} faults: the first time, and the median of the next five`);
  for (const { question, found, firstMillis, medianMillis } of await measureSearch(rows))
    print(`${millis(firstMillis)} ${millis(medianMillis)}  ${String(found).padStart(3)} found  ${question}`);
}

/** Prints how long each view of the console takes over a run of so many faults. */
async function views(faults: number): Promise<void> {
  const browser = browserPath();
  if (browser === undefined)
    return print('views of the console were not measured: there is no Chromium; CHROMIUM_PATH names one');
  const runs = mkdtempSync(join(tmpdir(), 'faultline-browse-'));
  try {
    const made = await writeLivedRecord(join(runs, RUN), faults);
    print(
      `views of the console over a run of ${made.faults} faults in ${made.messages} messages, in ${browser}:`,
    );
    print('the first time, and the median of the next five');
    for (const { view, firstMillis, medianMillis } of await measureBrowsing(runs, RUN, browser))
      print(`${millis(firstMillis)} ${millis(medianMillis)}  ${view}`);
  } finally {
    rmSync(runs, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const rows = Number(process.argv[2] ?? ROWS);
  await searches(rows);
  await views(rows);
}

void main();
