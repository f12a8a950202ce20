import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { PointRun } from '@faultline/study';
import { RunFailed } from '../errors';
import type { SimulationJob } from './simulated-run';

/** Young objects of a simulated instant die together; a young generation that holds some of them is emptied without copying. */
const YOUNG_GENERATION_MEGABYTES = 32;

/** Processes that simulate, one run each at a time. */
export class Simulators {
  private readonly idle: ChildProcess[] = [];
  private readonly all = new Set<ChildProcess>();

  constructor(private readonly script = simulatorScript()) {}

  /** Makes a run. Rejects with {@link RunFailed} when the process ends before. */
  run(job: SimulationJob): Promise<PointRun> {
    const child = this.idle.pop() ?? this.start();
    return new Promise((resolve, reject) => {
      const onMessage = (run: PointRun): void => {
        child.off('exit', onExit);
        this.idle.push(child);
        resolve(run);
      };
      const onExit = (code: number | null, signal: string | null): void => {
        child.off('message', onMessage);
        reject(
          new RunFailed(
            `a simulating process ended with ${signal ?? `status ${String(code)}`}: point ${job.point}, repetition ${job.repetition}`,
          ),
        );
      };
      child.once('message', onMessage).once('exit', onExit);
      child.send(job);
    });
  }

  /** Ends all of them, whatever they do. */
  close(): void {
    for (const child of this.all) child.kill('SIGKILL');
    this.all.clear();
  }

  private start(): ChildProcess {
    const child = fork(this.script, {
      execArgv: [`--max-semi-space-size=${YOUNG_GENERATION_MEGABYTES}`],
      serialization: 'advanced',
    });
    this.all.add(child);
    child.once('exit', () => this.all.delete(child));
    return child;
  }
}

/** This file is apps/lab/src/study/simulators, below dist/ when it is compiled; run from the sources, it finds what was built. */
function simulatorScript(): string {
  const folder = __filename.endsWith('.ts')
    ? resolve(__dirname, '../../../../dist/apps/lab/src/study')
    : __dirname;
  const script = resolve(folder, 'simulator-main.js');
  if (existsSync(script)) return script;
  throw new RunFailed(`the simulator is not built (no ${script}): run 'npm run build'`);
}
