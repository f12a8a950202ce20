import { growHeapSparingly } from '@faultline/runtime';
import { measureLarge } from './large';

/** Devices, workers, and accesses of each device are the arguments; the figures go to standard output as JSON. */
const [devices, workers, accessesPerDevice] = process.argv.slice(2).map(Number);
if (!devices || !workers || !accessesPerDevice)
  throw new Error('expected devices, workers, and the accesses of each device');
// As `faultline simulate` does it.
growHeapSparingly();
measureLarge({ devices, workers, accessesPerDevice }).then(
  (figures) => process.stdout.write(JSON.stringify(figures)),
  (error: unknown) => {
    process.exitCode = 1;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  },
);
