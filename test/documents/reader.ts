import { spawn } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Finished, REPOSITORY } from '../kit/command-line';
import type { Ran, Report } from './expected-runs';
import { isRun, type Step } from './shown-commands';

/** What `npx faultline` starts. */
const PROGRAM = join(REPOSITORY, 'bin/faultline');
/** `npm start` builds first what has changed since the last build. */
const COMMAND_MILLIS = 240_000;
/** A run that is told to stop has this long to say why it did not come to its end. */
const LAST_WORDS_MILLIS = 10_000;

/**
 * Does what the documents say, as a reader would, in this checkout; but keeps runs and studies in a temporary folder, one for each
 * document. A run that two documents show is made once, and stands in the folders of both. Files that documents have their readers
 * write are written here, and what stood in their place is put back.
 */
export class Reader {
  private readonly folder = mkdtempSync(join(tmpdir(), 'faultline-documents-'));
  private readonly made = new Map<string, { id: string; ran: Ran }>();
  /** What stood in the place of files that were written; undefined for nothing. */
  private readonly replaced = new Map<string, string | undefined>();

  /** Carries out a command that a document shows. Gives the run, for one that makes a run. Rejects when it is not over in time. */
  async follow(document: string, command: string): Promise<{ finished: Finished; ran?: Ran }> {
    if (!isRun(command)) return { finished: await this.execute(command, this.runsOf(document)) };
    const ran = await this.run(document, command);
    return { finished: ran.finished, ran };
  }

  /** Writes a file, or adds to one that was written. */
  write({ file, adds, text }: Extract<Step, { file: string }>): void {
    if (!/^[a-z0-9-]+\.yaml$/.test(file)) throw new Error(`${file} is no name for a file of a reader`);
    const path = join(REPOSITORY, file);
    if (adds && !this.replaced.has(path))
      throw new Error(`nothing was written to ${file} that could be added to`);
    if (!this.replaced.has(path))
      this.replaced.set(path, existsSync(path) ? readFileSync(path, 'utf8') : undefined);
    if (adds) appendFileSync(path, text);
    else writeFileSync(path, text);
    // A run of a scenario that is another one now is another run.
    for (const command of this.made.keys()) if (command.includes(file)) this.made.delete(command);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
    for (const [path, text] of this.replaced) {
      if (text === undefined) rmSync(path, { force: true });
      else writeFileSync(path, text);
    }
  }

  /** What is the latest run of a document has to be the one that it has just shown. */
  private async run(document: string, command: string): Promise<Ran> {
    const before = this.made.get(command);
    const own = this.runsOf(document);
    const latest = runsIn(own).at(-1) ?? '';
    const { id, ran } = before && before.id > latest ? before : await this.runAnew(command);
    cpSync(join(this.runsOf('all'), id), join(own, id), { recursive: true });
    return ran;
  }

  private async runAnew(command: string): Promise<{ id: string; ran: Ran }> {
    const runs = this.runsOf('all');
    const finished = await this.execute(command, runs);
    const id = runsIn(runs).at(-1);
    if (id === undefined) throw new Error(`${command} kept no run:\n${finished.err}`);
    const report = JSON.parse(readFileSync(join(runs, id, 'summary.json'), 'utf8')) as Report;
    const made = { id, ran: { finished, report } };
    this.made.set(command, made);
    return made;
  }

  private runsOf(document: string): string {
    return join(this.folder, document.replaceAll('/', '-'));
  }

  /** In a process group of its own, so that nothing of it outlives its time. */
  private execute(command: string, runs: string): Promise<Finished> {
    const [program = '', ...words] = wordsOf(command).map((word) => word.replace(/^runs\//, `${runs}/`));
    const child = spawn(program, words, {
      cwd: REPOSITORY,
      env: {
        ...process.env,
        NATS_URL: '',
        FAULTLINE_SITE: '',
        FAULTLINE_RUNS_DIR: runs,
        FAULTLINE_STUDIES_DIR: `${runs}-studies`,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const [out, err]: [string[], string[]] = [[], []];
    child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
    const signal = (name: NodeJS.Signals): void => void (child.pid && process.kill(-child.pid, name));
    return new Promise((resolve, reject) => {
      let late = false;
      const warned = setTimeout(() => {
        late = true;
        signal('SIGTERM');
      }, COMMAND_MILLIS);
      const ended = setTimeout(() => signal('SIGKILL'), COMMAND_MILLIS + LAST_WORDS_MILLIS);
      child.once('error', reject);
      child.once('close', (exit) => {
        clearTimeout(warned);
        clearTimeout(ended);
        const finished = { exit, out: out.join(''), err: err.join('') };
        if (late) reject(new Error(`${command} was not over within ${COMMAND_MILLIS} ms:\n${finished.err}`));
        else resolve(finished);
      });
    });
  }
}

/** `npx` takes longer than most of the commands that it is to start, so its program is started without it. */
function wordsOf(command: string): string[] {
  const [program = '', name = '', ...words] = command.split(/\s+/);
  return program === 'npx' && name === 'faultline' ? [PROGRAM, ...words] : [program, name, ...words];
}

/** Runs that are kept in a folder, the latest last. */
function runsIn(runs: string): string[] {
  try {
    return readdirSync(runs)
      .filter((name) => /^\d{8}-\d{6}-/.test(name))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
