import { measureSimulator } from './simulator';

/** Rounds and faults a round are the arguments; the figures go to standard output as JSON. */
const [rounds, faultsPerRound] = process.argv.slice(2).map(Number);
if (!rounds || !faultsPerRound) throw new Error('expected the rounds, and the faults of a round');
measureSimulator(rounds, faultsPerRound).then(
  (figures) => process.stdout.write(JSON.stringify(figures)),
  (error: unknown) => {
    process.exitCode = 1;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  },
);
