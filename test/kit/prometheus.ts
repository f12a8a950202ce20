import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { findProgram, foldersOfPath } from '@faultline/messaging';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { PrometheusApi } from './prometheus-api';

const USUAL = ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];
const PATIENCE_MILLIS = 30_000;

/** The Prometheus that the tests use: `PROMETHEUS_PATH`, else the first one on PATH or in a usual place; undefined where there is none. */
export function prometheusPath(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  return (
    environment['PROMETHEUS_PATH'] || findProgram(['prometheus'], [...foldersOfPath(environment), ...USUAL])
  );
}

export const hasPrometheus = prometheusPath() !== undefined;

/** `describe` for tests that need one: without it they are not run and say so, and on a build machine they have failed. */
export const withPrometheus = hasPrometheus ? describe : describe.skip;

export const HOW_TO_GET_PROMETHEUS =
  'the tests of what Prometheus reads need one: install it (Debian: apt-get install prometheus), or set PROMETHEUS_PATH to one that has promtool beside it';

/** A Prometheus of its own, on a free port of this machine, with a temporary store. */
export class Prometheus extends PrometheusApi {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    url: string,
  ) {
    super(url);
  }

  /** Resolves when it answers. Rejects with what it said when it does not. @param config its configuration, as YAML */
  static async start(config: string): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'faultline-prometheus-'));
    const file = join(folder, 'prometheus.yml');
    writeFileSync(file, config);
    const child = spawn(
      prometheusPath() ?? 'prometheus',
      [
        ...[`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`],
        '--web.listen-address=127.0.0.1:0',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    try {
      const prometheus = new Prometheus(child, folder, await addressOf(child));
      await eventually('Prometheus is ready', () => prometheus.isReady(), PATIENCE_MILLIS);
      return prometheus;
    } catch (error) {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    if (this.child.exitCode === null && this.child.kill('SIGTERM')) await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Its log says which port it was given. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    const fail = (why: string): void => {
      clearTimeout(late);
      reject(new Error(`Prometheus ${why}:\n${said.join('\n')}`));
    };
    const late = setTimeout(() => fail('opened no port'), PATIENCE_MILLIS);
    child.once('error', (error) => fail(`does not start (${error.message})`));
    child.once('close', () => fail('ended'));
    if (child.stderr)
      createInterface(child.stderr).on('line', (line) => {
        said.push(line);
        const [, address] = /msg="Listening on".* address=(\S+)/.exec(line) ?? [];
        if (address === undefined) return;
        clearTimeout(late);
        resolve(`http://${address}`);
      });
  });
}

/** Runs the tool that comes with Prometheus; gives how it ended and what it said. Rejects where it is not there. */
export function promtool(...words: string[]): Promise<{ exit: number; said: string }> {
  const tool = join(dirname(prometheusPath() ?? ''), 'promtool');
  return new Promise((resolve, reject) =>
    execFile(tool, words, (error, out, err) => {
      const exit = error?.code ?? 0;
      if (typeof exit === 'number') resolve({ exit, said: `${out}${err}` });
      else reject(error as Error);
    }),
  );
}
