import { type SimulationJob, simulatedRun } from './simulated-run';

// A process of a study: makes one simulated run after the other, as it is told to.
process.on('message', (job: SimulationJob) => {
  void simulatedRun(job).then((run) => process.send?.(run));
});
// Whoever started it is gone, and nobody wants what it makes.
process.on('disconnect', () => process.exit());
// Ctrl-C is for the program that started it, which ends this process itself.
process.on('SIGINT', () => undefined);
