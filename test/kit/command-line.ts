import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';

export const REPOSITORY = join(__dirname, '../..');
const PROGRAM = join(REPOSITORY, 'dist/apps/lab/src/main.js');
/** Starting five services on a busy machine takes its time. */
export const PATIENCE_MILLIS = 120_000;

export interface Finished {
  exit: number | null;
  out: string;
  err: string;
}

/** The command line as a process of its own, with eyes on everything it starts. */
export class CommandLine {
  out = '';
  err = '';
  private readonly child: ChildProcess;
  private readonly ended: Promise<number | null>;
  /** Processes that were below it at some look. */
  private readonly seen = new Set<number>();

  constructor(words: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, [PROGRAM, ...words], {
      cwd: REPOSITORY,
      env: { ...process.env, NATS_URL: '', FORCE_COLOR: '', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.err += text));
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  /** Waits until it has said something that matches on its error stream, where progress and complaints go. */
  async says(what: RegExp): Promise<void> {
    let isOver = false;
    void this.ended.then(() => (isOver = true));
    await eventually(
      `${String(what)} on the error stream`,
      () => what.test(this.err) || isOver,
      PATIENCE_MILLIS,
    );
    if (!what.test(this.err))
      throw new Error(`ended without saying ${String(what)}:\n${this.err}\n${this.out}`);
    this.look();
  }

  /** Process ids of everything it started and that still runs, by command. */
  children(command: RegExp): number[] {
    this.look();
    return processes()
      .filter(({ pid, command: each }) => this.seen.has(pid) && command.test(each))
      .map(({ pid }) => pid);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async finished(): Promise<Finished> {
    const exit = await this.ended;
    return { exit, out: this.out, err: this.err };
  }

  /** Waits until nothing that it started is left; rejects with what is. */
  async leftNothing(): Promise<void> {
    let left: string[] = [];
    const isGone = (): boolean => {
      left = processes()
        .filter(({ pid }) => this.seen.has(pid))
        .map(({ pid, command }) => `${pid} ${command}`);
      return left.length === 0;
    };
    await eventually('no process is left', isGone, 30_000).catch((error: unknown) => {
      throw new Error(`still running:\n${left.join('\n')}`, { cause: error });
    });
  }

  private look(): void {
    const below = new Set([this.child.pid]);
    // A parent may have a higher number than its child when numbers start again: look until nothing new turns up.
    for (let before = 0; before !== below.size;) {
      before = below.size;
      for (const { pid, parent } of processes()) if (below.has(parent)) below.add(pid);
    }
    for (const pid of below) if (pid !== undefined && pid !== this.child.pid) this.seen.add(pid);
  }
}

/** Runs the command line to its end. */
export function faultline(words: readonly string[], environment?: NodeJS.ProcessEnv): Promise<Finished> {
  return new CommandLine(words, environment).finished();
}

/** All processes of this machine that are no zombies. */
function processes(): { pid: number; parent: number; command: string }[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, parent, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined || state?.startsWith('Z')
      ? []
      : [{ pid: Number(pid), parent: Number(parent), command: command ?? '' }];
  });
}

/** A directory for one spec file. */
export class Scratch {
  readonly path = mkdtempSync(join(tmpdir(), 'faultline-e2e-'));

  get runs(): string {
    return join(this.path, 'runs');
  }

  file(name: string, text: string): string {
    const path = join(this.path, name);
    writeFileSync(path, text);
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
