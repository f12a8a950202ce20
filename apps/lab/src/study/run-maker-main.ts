import { createInterface } from 'node:readline';
import { FAULTLINE_VERSION } from '@faultline/contracts';
import type { PointRun } from '@faultline/study';
import { ErrorReporter } from '../error-reporter';
import { BadInput } from '../errors';
import { processTerminal } from '../terminal';
import { liveOptions, liveRun } from './live-run';
import type { RunJob } from './run-job';
import { simulatedRun } from './simulated-run';

// A process that makes runs of a study: for each job that comes in as a line of JSON, the run goes out as one. It may be a child of the
// study's own process, or the only process of a container.
let isLive = false;

async function make(job: RunJob): Promise<PointRun> {
  if (job.version !== FAULTLINE_VERSION)
    throw new BadInput(
      `the study is made by faultline ${job.version}, and its runs would be by ${FAULTLINE_VERSION}: expected the same, so build the images again`,
    );
  if (job.mode === 'simulated') return simulatedRun(job);
  isLive = true;
  return liveRun(job, liveOptions(process.env)).finally(() => (isLive = false));
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    make(JSON.parse(line) as RunJob).then(
      (run) => process.stdout.write(`${JSON.stringify(run)}\n`),
      (error: unknown) => process.exit(new ErrorReporter(processTerminal(), false).report(error)),
    );
  })
  // Nobody wants what it makes any more. A live run has others working for it, and is stopped in order, as by a signal from outside.
  .on('close', () => (isLive ? process.kill(process.pid, 'SIGTERM') : process.exit()));
