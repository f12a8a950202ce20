import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** What the program does, as the script of a process: it is not built, so that it stands here and nowhere else. */
const SCRIPT = `
const { appendFileSync, readFileSync, writeFileSync } = require('node:fs');
const { spawn } = require('node:child_process');
const folder = __dirname;
const state = JSON.parse(readFileSync(folder + '/state.json', 'utf8'));
const words = process.argv.slice(2);
appendFileSync(folder + '/calls', JSON.stringify(words) + '\\n');
const [, , , ...command] = words;
const verb = command.find((word) => !word.startsWith('-') && word !== 'lab') ?? '';
const line = words.join(' ');
const failure = state.failures.find(({ when }) => line.includes(when));
if (failure) {
  process.stderr.write(failure.says + '\\n');
  process.exit(failure.status ?? 1);
}
const names = ['nats', 'event-log', 'device-emulator', 'iommu', 'iopf-worker', 'mm-handler'];
if (state.hangs !== undefined && line.includes(state.hangs)) setInterval(() => 0, 1000);
else if (verb === 'version') console.log('2.40.3');
else if (verb === 'config')
  console.log(JSON.stringify({ name: 'lab7', services: Object.fromEntries(state.services.map((name) => [name, {}])) }));
else if (verb === 'ps')
  console.log(Object.entries(state.running).flatMap(([name, count]) => Array(count).fill(name)).join('\\n'));
else if (verb === 'up') {
  const scales = command.flatMap((word, place) => (word === '--scale' ? [command[place + 1].split('=')] : []));
  const running = { ...Object.fromEntries(names.map((name) => [name, 1])) };
  for (const [name, count] of scales) running[name] = Number(count);
  writeFileSync(folder + '/state.json', JSON.stringify({ ...state, running }));
} else if (verb === 'run') {
  const child = spawn(process.execPath, state.container, { stdio: 'inherit', env: { ...process.env, ...state.environment } });
  child.once('exit', (code, signal) => process.exit(code ?? (signal ? 128 : 1)));
} else process.exit(64);
`;

interface State {
  /** Services of the project. */
  services: string[];
  /** Containers of each service. */
  running: Record<string, number>;
  /** Commands whose line has this end badly, after saying that. */
  failures: { when: string; says: string; status?: number }[];
  /** A command whose line has this does not end by itself. */
  hangs?: string;
  /** What Node is told to run in a container of the lab, and what it finds in its environment. */
  container: string[];
  environment: Record<string, string>;
}

const SERVICES = ['nats', 'event-log', 'device-emulator', 'iommu', 'iopf-worker', 'mm-handler', 'lab'];
const STANDING = {
  nats: 1,
  'event-log': 1,
  'device-emulator': 1,
  iommu: 2,
  'iopf-worker': 3,
  'mm-handler': 1,
};

/** A program `docker` in a folder of its own, that keeps how it was called and answers like a deployment that stands. */
export class FakeDocker {
  readonly path = mkdtempSync(join(tmpdir(), 'faultline-docker-'));
  private readonly calls = join(this.path, 'calls');

  constructor(state: Partial<State> = {}) {
    const program = join(this.path, 'docker');
    writeFileSync(program, `#!${process.execPath}\n${SCRIPT}`, { mode: 0o755 });
    appendFileSync(this.calls, '');
    this.write({
      ...{ services: SERVICES, running: STANDING, failures: [], container: [], environment: {} },
      ...state,
    });
  }

  /** In which it is found before any other. */
  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, PATH: [this.path, process.env['PATH']].join(delimiter) };
  }

  get state(): State {
    return JSON.parse(readFileSync(join(this.path, 'state.json'), 'utf8')) as State;
  }

  change(state: Partial<State>): void {
    this.write({ ...this.state, ...state });
  }

  /** Its calls so far, without what all have. */
  get called(): string[] {
    const lines = readFileSync(this.calls, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) =>
      (JSON.parse(line) as string[]).join(' ').replace('compose --progress quiet ', ''),
    );
  }

  /** An empty folder, for an environment without any docker. */
  emptyFolder(): string {
    const folder = join(this.path, 'empty');
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  private write(state: State): void {
    writeFileSync(join(this.path, 'state.json'), JSON.stringify(state));
  }
}
