import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { settlesWithin } from '@faultline/runtime';
import type { Guard } from './guard';
import { LastLines } from './last-lines';

export interface ServiceCommand {
  /** Unique name of the instance; also the name of its log file. */
  instance: string;
  /** Script that Node runs. */
  script: string;
  arguments?: readonly string[];
  environment: NodeJS.ProcessEnv;
  /** What it prints goes here. */
  logFile: string;
}

/** How a process ended. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Set when it could not be started at all. */
  error?: Error;
}

/** Lines that are kept to be shown should the service die. */
const KEPT_LINES = 12;
/** Time to read what a process printed before it ended. */
const OUTPUT_MILLIS = 500;
/** Time a killed process gets to be gone before nobody waits for it any longer. */
const KILL_MILLIS = 2_000;

/** One service as a process of its own: what it prints goes to its log file, its last lines stay at hand. */
export class ServiceProcess {
  readonly instance: string;
  /** Resolves when the process has ended and all it printed was read; never rejects. */
  readonly ended: Promise<Ended>;
  private readonly child: ChildProcess;
  private readonly log: WriteStream;
  private readonly kept = new LastLines(KEPT_LINES);
  private isOver = false;

  constructor(
    command: ServiceCommand,
    private readonly guard?: Guard,
  ) {
    this.instance = command.instance;
    this.log = createWriteStream(command.logFile, { flags: 'a' });
    // A disk that fills up shows where it matters, in the event log; the service itself need not die of it.
    this.log.on('error', () => undefined);
    this.child = spawn(
      process.execPath,
      ['--enable-source-maps', command.script, ...(command.arguments ?? [])],
      {
        env: command.environment,
        stdio: ['ignore', 'pipe', 'pipe'],
        // A group of its own, so that Ctrl-C reaches the laboratory alone, which then stops the services in order.
        detached: true,
      },
    );
    this.child.stdout?.on('data', (chunk: Buffer) => this.keep(chunk));
    this.child.stderr?.on('data', (chunk: Buffer) => this.keep(chunk));
    this.ended = this.watch();
    if (this.child.pid !== undefined) this.guard?.watch(this.child.pid);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }
  get over(): boolean {
    return this.isOver;
  }
  /** The last lines it printed. */
  get lastLines(): string[] {
    return this.kept.lines();
  }

  /** Asks it to stop, and kills it when it has not within the deadline. Resolves when it is gone. */
  async stop(deadlineMillis: number): Promise<Ended> {
    if (!this.isOver) this.signal('SIGTERM');
    if (await settlesWithin(this.ended, deadlineMillis)) return this.ended;
    this.kill();
    return (await settlesWithin(this.ended, KILL_MILLIS)) ? this.ended : { code: null, signal: 'SIGKILL' };
  }

  /** Ends it at once, together with what it may have started. */
  kill(): void {
    if (!this.isOver) this.signal('SIGKILL');
  }

  private signal(signal: NodeJS.Signals): void {
    const group = this.child.pid;
    if (group === undefined) return;
    try {
      process.kill(-group, signal);
    } catch {
      // The group is gone already: that is what was wanted.
    }
  }

  private keep(chunk: Buffer): void {
    this.log.write(chunk);
    this.kept.push(chunk.toString('utf8'));
  }

  private watch(): Promise<Ended> {
    return new Promise((resolve) => {
      const finish = (ended: Ended): void => {
        if (this.isOver) return;
        this.isOver = true;
        if (this.child.pid !== undefined) this.guard?.forget(this.child.pid);
        // The callback also comes, with an error, when the file could not be written.
        this.log.end(() => resolve(ended));
      };
      this.child.once('error', (error) => finish({ code: null, signal: null, error }));
      this.child.once('close', (code, signal) => finish({ code, signal }));
      // Something it started may hold its output open after it is gone; its end is not waited for.
      this.child.once('exit', (code, signal) =>
        setTimeout(() => finish({ code, signal }), OUTPUT_MILLIS).unref(),
      );
    });
  }
}
