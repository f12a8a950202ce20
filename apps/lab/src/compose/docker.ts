import { type ChildProcess, spawn } from 'node:child_process';
import { Interrupted, RunFailed } from '../errors';
import { LastLines } from '../run/last-lines';

/** The command that cannot be started at all: there is none. */
export class DockerMissing extends RunFailed {}

/** A command of docker ended badly. Its message is one line: the command, and docker's own last word. */
export class DockerFailed extends RunFailed {}

/** Lines of docker's complaints that are kept; the last one says what is wrong. */
const KEPT_LINES = 12;

export interface ComposeOptions {
  /** Whose services count beside those that always do. */
  profile?: string;
  /** Ends the command when it is aborted. */
  signal?: AbortSignal;
}

/** The command line of docker, with its own rules for where its engine is and which files and project it works on. */
export class Docker {
  private readonly running = new Set<ChildProcess>();

  constructor(readonly environment: NodeJS.ProcessEnv) {}

  /**
   * A command of `docker compose` that has to end well; resolves with what it printed. Rejects with {@link DockerMissing} or
   * {@link DockerFailed}, and with {@link Interrupted} when `signal` ended it.
   */
  compose(
    verb: string,
    words: readonly string[] = [],
    { profile, signal }: ComposeOptions = {},
  ): Promise<string> {
    if (signal?.aborted) return Promise.reject(new Interrupted());
    return new Promise((resolve, reject) => {
      const child = spawn(
        'docker',
        composeWords(...(profile ? ['--profile', profile] : []), verb, ...words),
        {
          env: this.environment,
          stdio: ['ignore', 'pipe', 'pipe'],
          // A group of its own, so that Ctrl-C reaches the program alone.
          detached: true,
        },
      );
      const stop = (): void => void child.kill('SIGTERM');
      signal?.addEventListener('abort', stop, { once: true });
      this.running.add(child);
      const complaints = new LastLines(KEPT_LINES);
      let out = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text));
      const over = (): void => {
        signal?.removeEventListener('abort', stop);
        this.running.delete(child);
      };
      child.once('error', (error) => {
        over();
        reject(new DockerMissing(`docker cannot be started: ${error.message}`, { cause: error }));
      });
      child.once('close', (code, how) => {
        over();
        if (code === 0) resolve(out.trim());
        else if (signal?.aborted) reject(new Interrupted());
        else reject(new DockerFailed(lineOf(verb, code ?? how, complaints.lines())));
      });
    });
  }

  /** Ends what is under way, at once. */
  kill(): void {
    for (const child of this.running) child.kill('SIGKILL');
  }
}

/** The words of a command of `docker compose` that says nothing but results and complaints. */
export const composeWords = (...words: string[]): string[] => ['compose', '--progress', 'quiet', ...words];

function lineOf(verb: string, end: number | string | null, complaints: readonly string[]): string {
  const lastWord = complaints.findLast((line) => line.trim() !== '') ?? `it ended with ${String(end)}`;
  return `docker compose ${verb}: ${lastWord.trim()}`;
}
