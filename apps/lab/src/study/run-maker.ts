import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { POINT_FORMAT, type PointRun } from '@faultline/study';
import { Interrupted, RunFailed } from '../errors';
import { LastLines } from '../run/last-lines';
import type { RunJob } from './run-job';

/** How a process is started that makes runs: it reads jobs and writes runs, each as a line of JSON. */
export interface MakerCommand {
  /** What complaints call it. */
  name: string;
  file: string;
  words: readonly string[];
  environment: NodeJS.ProcessEnv;
}

/** Lines of its error stream that are kept to be shown should it end. */
const KEPT_LINES = 4;
/** Characters that are shown of what it should not have said. */
const SHOWN = 100;

interface Asked {
  job: RunJob;
  resolve(run: PointRun): void;
  reject(error: Error): void;
}

/** One process that makes runs, one after the other. */
export class RunMaker {
  /** Resolves when it has ended; never rejects. */
  readonly ended: Promise<void>;
  private readonly child: ChildProcess;
  private readonly complaints = new LastLines(KEPT_LINES);
  private isStopping = false;
  /** How it ended, once it has. */
  private end: string | undefined;
  /** The run under way. */
  private asked: Asked | undefined;

  constructor(private readonly command: MakerCommand) {
    this.child = spawn(command.file, command.words, {
      env: command.environment,
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own, so that Ctrl-C reaches the program alone, which then stops it in order.
      detached: true,
    });
    const { stdin, stdout, stderr } = this.child;
    if (stdout) createInterface({ input: stdout }).on('line', (line) => this.take(line));
    stderr?.setEncoding('utf8').on('data', (text: string) => this.complaints.push(text));
    // A process that ended reads no more, which is told by its end.
    stdin?.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      const finish = (how: string): void => {
        this.end = how;
        this.refuse();
        resolve();
      };
      this.child.once('error', ({ message }) => finish(`could not be started (${message})`));
      this.child.once('close', (code, signal) => finish(`ended with ${signal ?? `status ${String(code)}`}`));
    });
  }

  /** Makes a run. Rejects with {@link RunFailed} when the process ends before, and with {@link Interrupted} when it was asked to. */
  make(job: RunJob): Promise<PointRun> {
    return new Promise((resolve, reject) => {
      this.asked = { job, resolve, reject };
      if (this.end === undefined) this.child.stdin?.write(`${JSON.stringify(job)}\n`);
      else this.refuse();
    });
  }

  /** Asks it to end: nothing more comes for it to do, and what it makes is not wanted. Resolves when it has ended. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.child.stdin?.end();
    await this.ended;
  }

  /** Ends it at once. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  private take(line: string): void {
    const run = runIn(line);
    if (run) this.asked?.resolve(run);
    else {
      this.end ??= `said '${line.slice(0, SHOWN)}' where a run was expected`;
      this.refuse();
      this.kill();
    }
    this.asked = undefined;
  }

  /** The run under way is not made: in one line with the process's own last word, which is why it ended when it said one. */
  private refuse(): void {
    if (!this.asked) return;
    const { job, reject } = this.asked;
    this.asked = undefined;
    if (this.isStopping) return reject(new Interrupted());
    const lastWord = this.complaints.lines().findLast((line) => line.trim() !== '');
    const why = lastWord === undefined ? '' : `: ${lastWord.trim().replace(/^faultline: /, '')}`;
    const place = `point ${job.point}, repetition ${job.repetition}`;
    reject(new RunFailed(`${this.command.name} ${this.end ?? 'ended'}, at ${place}${why}`));
  }
}

function runIn(line: string): PointRun | undefined {
  try {
    const value = JSON.parse(line) as Partial<PointRun> | null;
    return value?.format === POINT_FORMAT ? (value as PointRun) : undefined;
  } catch {
    return undefined;
  }
}
