import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import type { HeadText } from '@faultline/audit';
import { LOG_FILE } from './database';

/** What is kept of one run. */
export class RunFolder {
  constructor(readonly path: string) {}

  /** Makes the folder of a new run. File system errors name the path that could not be made. */
  static create(runs: string, id: string): RunFolder {
    const folder = new RunFolder(resolve(runs, id));
    makeDirectory(folder.logs);
    return folder;
  }

  get id(): string {
    return this.path.split(sep).at(-1) ?? this.path;
  }
  /** The scenario as it was written. */
  get scenarioText(): string {
    return join(this.path, 'scenario.yaml');
  }
  /** The scenario as it was run. */
  get scenario(): string {
    return join(this.path, 'scenario.json');
  }
  /** The event log. */
  get log(): string {
    return join(this.path, LOG_FILE);
  }
  /** Heads of the event log's hash chain that were published while it was written. */
  get heads(): string {
    return join(this.path, 'heads.json');
  }
  /** With what program and on what machine the run was made. */
  get origin(): string {
    return join(this.path, 'origin.json');
  }
  /** The page that shows the run; its numbers are beside it. */
  get report(): string {
    return join(this.path, 'report.html');
  }
  /** What the page shows, for programs. */
  get reportData(): string {
    return join(this.path, 'report.json');
  }
  get summary(): string {
    return join(this.path, 'summary.json');
  }
  get logs(): string {
    return join(this.path, 'logs');
  }
  /** JetStream's store while the run goes on. */
  get natsStore(): string {
    return join(this.path, 'nats');
  }

  instanceLog(instance: string): string {
    return join(this.logs, `${instance}.log`);
  }

  writeScenario(text: string, resolved: unknown): void {
    writeFileSync(this.scenarioText, text);
    writeFileSync(this.scenario, `${JSON.stringify(resolved, null, 2)}\n`);
  }

  writeHeads(heads: readonly HeadText[]): void {
    writeFileSync(this.heads, `${JSON.stringify(heads, null, 2)}\n`);
  }

  writeSummary(summary: unknown): void {
    writeFileSync(this.summary, `${JSON.stringify(summary, null, 2)}\n`);
  }

  /** The event log holds everything that JetStream's store does. */
  removeNatsStore(): void {
    rmSync(this.natsStore, { recursive: true, force: true });
  }
}

/** `mkdir` with `recursive` goes round for ever where the system denies a directory as if its parent were missing (/proc). */
export function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeDirectory(dirname(path));
  mkdirSync(path);
}

/** Ids of the runs that have an event log, oldest first. */
export function listRuns(runs: string): string[] {
  if (!existsSync(runs)) return [];
  return readdirSync(runs)
    .filter((id) => isRun(join(runs, id)))
    .sort();
}

/** Whether there is a run at the path: files beside the runs are none, which `statSync` would throw for. */
export function isRun(path: string): boolean {
  const { log } = new RunFolder(path);
  return existsSync(log) && statSync(log).isFile();
}
