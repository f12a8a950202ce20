import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';

const REPOSITORY = join(__dirname, '../..');
/** Nothing that is waited for takes longer on a small, busy machine. */
const PATIENCE_MILLIS = 180_000;

export interface Output {
  exit: number | null;
  out: string;
  err: string;
}

/** A command under way. */
export class Command {
  out = '';
  err = '';
  over = false;
  private readonly child: ChildProcess;
  private readonly ended: Promise<number | null>;

  constructor(
    private readonly program: string,
    private readonly words: readonly string[],
    environment: NodeJS.ProcessEnv,
  ) {
    this.child = spawn(program, words, {
      cwd: REPOSITORY,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.err += text));
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (exit) => {
        this.over = true;
        resolve(exit);
      });
    });
  }

  /** Waits until it has printed this on its error stream. */
  async says(pattern: RegExp): Promise<void> {
    await eventually(
      `${this.program} ${this.words.join(' ')} says ${String(pattern)}`,
      () => pattern.test(this.err) || this.over,
      PATIENCE_MILLIS,
    );
    if (!pattern.test(this.err)) throw new Error(`it ended without saying ${String(pattern)}:\n${this.err}`);
  }

  async finished(): Promise<Output> {
    return { exit: await this.ended, out: this.out, err: this.err };
  }
}

/** The compose project of this checkout under a name of its own, so that it meets no other. */
export class Deployment {
  readonly project = `faultline-test-${process.pid}`;
  readonly image = this.project;
  private readonly environment: NodeJS.ProcessEnv;

  /** @param settings what its user sets in the environment */
  constructor(settings: NodeJS.ProcessEnv = {}) {
    this.environment = {
      ...process.env,
      COMPOSE_PROJECT_NAME: this.project,
      FAULTLINE_IMAGE: this.image,
      COMPOSE_MENU: 'false',
      DOCKER_CLI_HINTS: 'false',
      ...settings,
    };
  }

  /** Any command of docker. */
  start(...words: string[]): Command {
    return new Command('docker', words, this.environment);
  }

  /** A command of docker that has to end well; gives what it printed. */
  async docker(...words: string[]): Promise<string> {
    const { exit, out, err } = await this.start(...words).finished();
    if (exit !== 0) throw new Error(`docker ${words.join(' ')} ended with ${exit}:\n${err.slice(-4_000)}`);
    return out.trim();
  }

  compose(...words: string[]): Promise<string> {
    return this.docker('compose', '--progress', 'quiet', ...words);
  }

  /** A command of the laboratory, in a container of its own. */
  lab(...words: string[]): Command {
    return this.start('compose', '--progress', 'quiet', 'run', '--rm', '-T', 'lab', ...words);
  }

  /** A command of the laboratory of this checkout, outside of the containers. */
  faultline(...words: string[]): Command {
    return new Command(join(REPOSITORY, 'bin/faultline'), words, this.environment);
  }

  /** What a terminal does at Ctrl-C, to the commands of the laboratory that are under way. */
  async interruptLab(): Promise<void> {
    const ours = ['--filter', `label=com.docker.compose.project=${this.project}`];
    const ids = await this.docker('ps', '-q', ...ours, '--filter', 'label=com.docker.compose.service=lab');
    await this.docker('kill', '--signal', 'INT', ...ids.split('\n'));
  }

  /** Says in one line what is missing where there is no engine. */
  async refuseWithoutEngine(): Promise<void> {
    const { exit, err } = await this.start('compose', 'version')
      .finished()
      .catch(() => ({ exit: 1, err: 'there is no docker command' }));
    if (exit !== 0) throw new Error(`no container engine with Compose v2: ${err.trim()}`);
    const info = await this.start('info', '--format', '{{.ServerVersion}}').finished();
    if (info.exit !== 0) throw new Error(`no container engine answers: ${info.err.trim()}`);
  }

  /** Says in one line which image of another's is missing, where it is neither there nor can be pulled. */
  async refuseWithoutImageOf(service: string): Promise<void> {
    const image = await this.compose('--profile', 'observe', 'config', '--images', service);
    if ((await this.start('image', 'inspect', image).finished()).exit === 0) return;
    const pulled = await this.start('pull', '--quiet', image).finished();
    if (pulled.exit !== 0) throw new Error(`no image ${image}: ${pulled.err.trim()}`);
  }

  /** Containers of a service that are there, oldest first. */
  async containers(service?: string): Promise<string[]> {
    const ids = await this.compose('ps', '-q', ...(service ? [service] : []));
    return ids.split('\n').filter((id) => id !== '');
  }

  async inspect<T>(id: string): Promise<T> {
    const [found] = JSON.parse(await this.docker('inspect', id)) as T[];
    if (!found) throw new Error(`nothing is called ${id}`);
    return found;
  }

  /**
   * Kills the process in a container, as a crash would, and waits until the engine has started the container again. `docker kill`
   * would not do: what is killed so is taken for stopped on purpose, and its restart policy no longer counts.
   */
  async crash(id: string): Promise<void> {
    const restarts = async (): Promise<number> =>
      (await this.inspect<{ RestartCount: number }>(id)).RestartCount;
    const before = await restarts();
    await this.start('exec', id, 'sh', '-c', 'kill -9 -1').finished();
    await eventually(
      `container ${id} was started again`,
      async () => (await restarts()) > before,
      PATIENCE_MILLIS,
    );
  }

  /** Waits until the health of a container is this. */
  async becomes(id: string, health: 'healthy' | 'unhealthy'): Promise<void> {
    const look = async (): Promise<boolean> => {
      const { State } = await this.inspect<{ State: { Health: { Status: string } } }>(id);
      return State.Health.Status === health;
    };
    await eventually(`container ${id} is ${health}`, look, PATIENCE_MILLIS);
  }

  /** Bytes that an image has on top of another. */
  async ownBytes(image: string, base: string): Promise<number> {
    const sizes = async (of: string): Promise<number[]> =>
      (await this.docker('history', '--human=false', '--format', '{{.Size}}', of)).split('\n').map(Number);
    const [all, below] = [await sizes(image), await sizes(base)];
    return all.slice(0, all.length - below.length).reduce((sum, size) => sum + size, 0);
  }

  /** What the containers complained of, for a failure that shows elsewhere. */
  async complaints(): Promise<string> {
    const lines = (await this.compose('logs', '--no-color', '--tail', '200')).split('\n');
    return lines.filter((line) => /"level":"(warn|error|fatal)"|\[(WRN|ERR|FTL)\]/.test(line)).join('\n');
  }

  /** Nothing is left: no container, no volume, no network, no image of ours. */
  async remove(): Promise<void> {
    const all = ['--profile', 'lab', '--profile', 'observe'];
    await this.compose(...all, 'down', '--volumes', '--remove-orphans', '--timeout', '20');
    await this.start('image', 'rm', '--force', this.image, `${this.image}-nats`).finished();
  }
}
