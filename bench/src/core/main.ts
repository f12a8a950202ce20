import { measurePurePath } from './pure-path';

/** Rounds and faults a round are the arguments; the figures go to standard output as JSON. */
const [rounds, faultsPerRound] = process.argv.slice(2).map(Number);
if (!rounds || !faultsPerRound) throw new Error('expected the rounds, and the faults of a round');
process.stdout.write(JSON.stringify(measurePurePath(rounds, faultsPerRound)));
