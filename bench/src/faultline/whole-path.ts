import { freePorts, nowMicros } from '@faultline/messaging';
import type { Children } from '../support/children';
import { until } from '../support/deadline';
import type { BenchServer } from '../support/server';
import type { ClosedWindow, RecordFigures, System, SystemName, WatchedName } from '../support/system';
import type { Named } from '../support/usage';
import { Lab } from './lab';
import { type Window, windowsOfRecord } from './record-window';
import { loadScenario } from './scenario';
import { Scraper } from './scraper';
import { OWNERS } from './services';
import { SpanSink } from './span-sink';

const DRAIN_MILLIS = 60_000;
const CATCH_UP_MILLIS = 120_000;

export interface WholePathOptions {
  children: Children;
  bench: BenchServer;
  workers: number;
  warmUpMillis: number;
  profileDirectory?: string;
  /** `metered`: the services count for metrics, which are read as often as Prometheus does; `traced`: they trace one fault in a hundred. */
  name: 'faultline' | WatchedName;
  /** Of measurement: laboratories of different kinds have different names. */
  kind: 'rounds' | 'turns';
}

/** The real services with the record on. Each round is a run of its own, of fresh processes in a fresh laboratory. */
export class WholePath implements System {
  readonly name: SystemName;
  readonly warmUpMillis: number;
  private lab: Lab | undefined;
  private scraper: Scraper | undefined;
  private sink: SpanSink | undefined;
  private runs = 0;
  private openedAtMicros: number | undefined;
  private windows: Window[] = [];

  constructor(private readonly options: WholePathOptions) {
    this.name = options.name;
    this.warmUpMillis = options.warmUpMillis;
  }

  async begin(outstanding: number): Promise<void> {
    const { children, bench, workers, profileDirectory, name, kind } = this.options;
    this.runs += 1;
    this.windows = [];
    const scenario = loadScenario({ outstanding, workers });
    const lab = `bench-${kind}-${this.name}-${this.runs}`;
    const metricPorts = name === 'metered' ? await freePorts(OWNERS + workers) : undefined;
    this.sink = name === 'traced' ? await SpanSink.open() : undefined;
    const tracesTo = this.sink?.endpoint;
    this.lab = await Lab.start({ lab, children, bench, scenario, profileDirectory, metricPorts, tracesTo });
    this.scraper = metricPorts && new Scraper(metricPorts);
    await this.lab.go();
  }

  open(): Promise<void> {
    this.openedAtMicros = nowMicros();
    return Promise.resolve();
  }

  /** Faults that end from now on do not count, until it is opened again. */
  shut(): void {
    const { openedAtMicros } = this;
    if (openedAtMicros !== undefined) this.windows.push({ openedAtMicros, closedAtMicros: nowMicros() });
    this.openedAtMicros = undefined;
  }

  /** Its processes get no processor, until they are told to go on. */
  async freeze(): Promise<void> {
    await this.scraper?.pause();
    for (const { pid } of this.processes()) process.kill(pid, 'SIGSTOP');
  }

  thaw(): void {
    for (const { pid } of this.processes()) process.kill(pid, 'SIGCONT');
    this.scraper?.goOn();
  }

  async close(): Promise<ClosedWindow> {
    this.shut();
    const lab = this.current();
    this.scraper?.stop();
    this.sink?.check();
    await lab.halt(DRAIN_MILLIS);
    const record = await catchUp(lab);
    const figures = await windowsOfRecord(lab.directory, this.windows);
    return { figures, record };
  }

  async finish(): Promise<void> {
    const { lab, sink } = this;
    this.lab = undefined;
    this.sink = undefined;
    await lab?.stop();
    await lab?.remove();
    sink?.close();
  }

  /** The verdict of the audit on the run that just closed; after its memory was read, because it reads the record once more. */
  async audit(): Promise<boolean> {
    return isClean(await this.current().summary('stopped'));
  }

  processes(): Named[] {
    return this.current().processes();
  }

  dispose(): Promise<void> {
    return this.finish();
  }

  private current(): Lab {
    if (!this.lab) throw new Error('no run is under way');
    return this.lab;
  }
}

/** How far the record was behind when the devices were done, and how long until it had everything. */
export async function catchUp(lab: Lab): Promise<RecordFigures> {
  const endedAt = performance.now();
  const { lag } = await lab.ask('event-log.status', {});
  if (lag > 0) {
    const look = async (): Promise<true | undefined> =>
      (await lab.ask('event-log.status', {})).lag === 0 ? true : undefined;
    await until(look, CATCH_UP_MILLIS, 'the record catching up', 20);
  }
  return { lagAtEndMessages: lag, secondsToCatchUp: lag > 0 ? (performance.now() - endedAt) / 1000 : 0 };
}

export function isClean(summary: unknown): boolean {
  if (typeof summary !== 'object' || summary === null || !('audit' in summary)) return false;
  const { audit } = summary;
  return typeof audit === 'object' && audit !== null && 'clean' in audit && audit.clean === true;
}
