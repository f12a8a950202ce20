import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { PointRun } from '@faultline/study';
import { Interrupted, RunFailed } from '../errors';
import type { RunJob } from './run-job';
import { type MakerCommand, RunMaker } from './run-maker';

/** Young objects of a simulated instant die together; a young generation that holds some of them is emptied without copying. */
const YOUNG_GENERATION_MEGABYTES = 32;

/** Where the script of these processes is below the program's own folder, also in a container. */
export const MAKER_SCRIPT = 'dist/apps/lab/src/study/run-maker-main.js';

/** Processes that make runs, one run each at a time. They are started when they are needed, and go on to the next run. */
export class RunMakers {
  private readonly idle = new Set<RunMaker>();
  private readonly all = new Set<RunMaker>();
  private isStopped = false;

  constructor(private readonly command: () => MakerCommand) {}

  /** Makes a run. Rejects with {@link RunFailed} when the process ends before, and with {@link Interrupted} after {@link stop}. */
  async run(job: RunJob): Promise<PointRun> {
    if (this.isStopped) throw new Interrupted();
    const [maker = this.start()] = this.idle;
    this.idle.delete(maker);
    const run = await maker.make(job);
    this.idle.add(maker);
    return run;
  }

  /** Asks all of them to end, and waits until they have. A run under way is given up in order. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all([...this.all].map((maker) => maker.stop()));
  }

  /** Ends all of them, whatever they do. */
  kill(): void {
    for (const maker of this.all) maker.kill();
  }

  private start(): RunMaker {
    const maker = new RunMaker(this.command());
    this.all.add(maker);
    void maker.ended.then(() => {
      this.all.delete(maker);
      this.idle.delete(maker);
    });
    return maker;
  }
}

/** A process of this machine that simulates. Throws {@link RunFailed} when it is not built. */
export function simulatingProcess(): MakerCommand {
  return {
    name: 'a simulating process',
    file: process.execPath,
    words: [`--max-semi-space-size=${YOUNG_GENERATION_MEGABYTES}`, makerScript()],
    environment: process.env,
  };
}

/** This file is apps/lab/src/study/run-makers, below dist/ when it is compiled; run from the sources, it finds what was built. */
export function makerScript(): string {
  const root = resolve(__dirname, __filename.endsWith('.ts') ? '../../../..' : '../../../../..');
  const script = resolve(root, MAKER_SCRIPT);
  if (existsSync(script)) return script;
  throw new RunFailed(`what makes runs of a study is not built (no ${script}): run 'npm run build'`);
}
