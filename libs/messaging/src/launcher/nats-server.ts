import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { configFile, durabilityOf, type ClusterPlace, type Durability } from './config';
import { NatsServerFailed } from './errors';
import { locateNatsServer } from './locate';
import { greet, readPortsFile } from './ready';
import { startWatchdog } from './watchdog';

export interface NatsServerOptions {
  /** Where the log is kept; made when it is missing. */
  storeDir: string;
  /** The binary; default: where {@link locateNatsServer} finds it. */
  binary?: string;
  /** Listening port; default: a free one, chosen by the server. */
  port?: number;
  /** How long to wait until it serves, in milliseconds; default 15 000. A large store takes its time. */
  readyMillis?: number;
  /** How often the store is synced, as nats-server writes it (`10s`, `always`); default `1s`; servers before 2.10 have no such setting. */
  syncInterval?: string;
  /** Limit of the store, in bytes; default: three quarters of the free disk, as the server sees it. */
  maxStoreBytes?: number;
  /** Its place in a cluster; alone without. */
  cluster?: ClusterPlace;
}

export interface NatsServerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  lastLines: readonly string[];
}

const LAST_LINES = 20;
const POLL_MILLIS = 10;

/** A private nats-server on the loopback interface, with JetStream, for this process and what it starts. */
export class NatsServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    readonly version: string,
    readonly durability: Durability,
    /** Resolves when the server is gone, for whatever reason. */
    readonly exited: Promise<NatsServerExit>,
  ) {}

  /** Rejects with `NatsServerMissing` or {@link NatsServerFailed}. */
  static async start(options: NatsServerOptions): Promise<NatsServer> {
    const binary = options.binary ?? locateNatsServer();
    const durability = durabilityOf(await versionOf(binary), options.syncInterval ?? '1s');
    const directory = await mkdtemp(join(tmpdir(), 'faultline-nats-'));
    try {
      const config = join(directory, 'nats-server.conf');
      await writeFile(
        config,
        configFile({
          host: '127.0.0.1',
          port: options.port ?? -1,
          storeDir: options.storeDir,
          portsDir: directory,
          syncInterval: durability.syncInterval,
          maxStoreBytes: options.maxStoreBytes,
          cluster: options.cluster,
        }),
      );
      await mkdir(options.storeDir, { recursive: true });
      // A process group of its own: Ctrl-C in a terminal must reach the services first, which still need the log to drain.
      const child = spawn(binary, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
      return await NatsServer.watch(child, directory, durability, options.readyMillis ?? 15_000);
    } catch (error) {
      if (error instanceof NatsServerFailed) throw error;
      throw new NatsServerFailed(
        `could not be started (${error instanceof Error ? error.message : String(error)})`,
        [],
        { cause: error },
      );
    } finally {
      // The server has read its configuration, and says its ports only once.
      await rm(directory, { recursive: true, force: true });
    }
  }

  private static async watch(
    child: ChildProcess,
    directory: string,
    durability: Durability,
    readyMillis: number,
  ): Promise<NatsServer> {
    const exited = watchExit(child);
    let gone: NatsServerExit | undefined;
    void exited.then((exit) => (gone = exit));
    const deadline = performance.now() + readyMillis;
    for (;;) {
      const url = child.pid === undefined ? undefined : await readPortsFile(directory, child.pid);
      if (url !== undefined) {
        const info = await greet(url, 1_000).catch(() => undefined);
        if (info?.jetstream) return new NatsServer(child, url, info.version, durability, exited);
      }
      const exit: NatsServerExit | undefined = gone;
      if (exit)
        throw new NatsServerFailed(
          `ended at once (${exit.signal ?? `exit code ${exit.code}`})`,
          exit.lastLines,
        );
      if (performance.now() > deadline) {
        child.kill('SIGKILL');
        throw new NatsServerFailed(`was not ready within ${readyMillis} ms`, (await exited).lastLines);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLIS));
    }
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Asks it to end, and kills it after the deadline (default 5000 ms). Resolves when it is gone. */
  async stop(deadlineMillis = 5_000): Promise<NatsServerExit> {
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), deadlineMillis);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  /** Ends it as a crash would. */
  async kill(): Promise<NatsServerExit> {
    this.child.kill('SIGKILL');
    return this.exited;
  }
}

async function versionOf(binary: string): Promise<string> {
  const { stdout } = await promisify(execFile)(binary, ['--version'], { timeout: 10_000 });
  return stdout;
}

function watchExit(child: ChildProcess): Promise<NatsServerExit> {
  let lines: string[] = [];
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines = [...lines, ...parts.map(withoutTime)].slice(-LAST_LINES);
  });
  const watchdog = child.pid === undefined ? undefined : startWatchdog(child.pid);
  return new Promise((resolve) => {
    const done = (code: number | null, signal: NodeJS.Signals | null): void => {
      watchdog?.kill('SIGKILL');
      resolve({ code, signal, lastLines: rest === '' ? lines : [...lines, rest] });
    };
    child.on('error', (error) => {
      lines.push(error.message);
      done(null, null);
    });
    // `close` comes after the last line of stderr was read.
    child.on('close', done);
  });
}

/** Drops `[pid] date time` in front of a log line. */
const withoutTime = (line: string): string => line.replace(/^\[\d+\] \S+ \S+ /, '');
