import { measureSearch } from './search';

const ROWS = 1_000_000;

/** Prints how long the first page of each kind of listing takes among a million faults, or as many as the first argument says. */
async function main(): Promise<void> {
  const rows = Number(process.argv[2] ?? ROWS);
  process.stdout.write(
    `first pages of 50 among ${rows} faults: the first time, and the median of the next five\n`,
  );
  for (const { question, found, firstMillis, medianMillis } of await measureSearch(rows))
    process.stdout.write(
      `${firstMillis.toFixed(1).padStart(8)} ms ${medianMillis.toFixed(1).padStart(8)} ms  ${String(found).padStart(3)} found  ${question}\n`,
    );
}

void main();
