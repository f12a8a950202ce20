import { type ChildProcess, fork, spawn } from 'node:child_process';

/** A process of a system under measurement ended although it was needed. */
export class ChildDied extends Error {
  constructor(
    readonly child: string,
    how: string,
    lastLines: string,
  ) {
    super(
      `${child} ended in the middle of the benchmark (${how})${lastLines ? `; it last said: ${lastLines}` : ''}`,
    );
    this.name = 'ChildDied';
  }
}

interface StartOptions {
  name: string;
  script: string;
  arguments?: readonly string[];
  nodeArguments?: readonly string[];
  environment?: NodeJS.ProcessEnv;
}

const KEPT_CHARACTERS = 600;

/** One process that the benchmark started. */
export class Child {
  readonly exited: Promise<void>;
  private expected = false;
  private said = '';

  constructor(
    readonly name: string,
    readonly process: ChildProcess,
    onDeath: (error: ChildDied) => void,
  ) {
    const keep = (chunk: Buffer): void => {
      this.said = (this.said + chunk.toString('utf8')).slice(-KEPT_CHARACTERS);
    };
    process.stdout?.on('data', keep);
    process.stderr?.on('data', keep);
    this.exited = new Promise((resolve) => {
      process.once('error', (error) => keep(Buffer.from(error.message)));
      process.once('close', (code, signal) => {
        if (!this.expected) onDeath(new ChildDied(name, signal ?? `status ${code}`, this.said.trim()));
        resolve();
      });
    });
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Says something to one that was forked; resolves when it answers, whatever it says. */
  tell(message: object): Promise<void> {
    return new Promise((resolve, reject) => {
      this.process.once('message', () => resolve());
      this.process.send(message, (error) => error && reject(error));
    });
  }

  /** Asks it to end, kills it when it does not. Resolves when it is gone. */
  async stop(deadlineMillis = 8_000): Promise<void> {
    this.expected = true;
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), deadlineMillis);
    await this.exited;
    clearTimeout(timer);
  }

  kill(): void {
    this.expected = true;
    this.process.kill('SIGKILL');
  }
}

/** Everything the benchmark has started and not yet stopped. Whatever way the benchmark ends, nothing of it stays. */
export class Children {
  private readonly alive = new Set<Child>();
  private failure: ChildDied | undefined;
  private readonly onFailure = new Set<(error: ChildDied) => void>();

  constructor() {
    process.once('exit', () => this.killAll());
  }

  /** Starts a script with plain output, which is kept for the message should it die. */
  spawn(options: StartOptions): Child {
    const args = [
      '--enable-source-maps',
      ...(options.nodeArguments ?? []),
      options.script,
      ...(options.arguments ?? []),
    ];
    const env = options.environment ?? process.env;
    return this.watch(
      options.name,
      spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  }

  /** Starts a script with a channel for messages; it ends by itself when the channel closes. */
  fork(options: StartOptions): Child {
    const { name, script, environment, nodeArguments } = options;
    const execArgv = [...(nodeArguments ?? [])];
    const child = fork(script, [...(options.arguments ?? [])], {
      env: environment ?? process.env,
      execArgv,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    return this.watch(name, child);
  }

  /** The promise's value, unless a process dies first. */
  async race<T>(promise: Promise<T>): Promise<T> {
    let listener: ((error: ChildDied) => void) | undefined;
    const death = new Promise<never>((_resolve, reject) => {
      if (this.failure) reject(this.failure);
      this.onFailure.add((listener = reject));
    });
    try {
      return await Promise.race([promise, death]);
    } finally {
      if (listener) this.onFailure.delete(listener);
    }
  }

  killAll(): void {
    for (const child of this.alive) child.kill();
  }

  private watch(name: string, process_: ChildProcess): Child {
    const child = new Child(name, process_, (error) => {
      this.failure ??= error;
      for (const listener of this.onFailure) listener(error);
    });
    this.alive.add(child);
    void child.exited.then(() => this.alive.delete(child));
    return child;
  }
}
