import { nowMicros } from '@faultline/messaging';
import type { Children } from '../support/children';
import { until } from '../support/deadline';
import type { BenchServer } from '../support/server';
import type { ClosedWindow, RecordFigures, System } from '../support/system';
import type { Named } from '../support/usage';
import { Lab } from './lab';
import { type Window, windowsOfRecord } from './record-window';
import { loadScenario } from './scenario';

/** How long what is outstanding may take to end. */
export const DRAIN_MILLIS = 60_000;
const CATCH_UP_MILLIS = 120_000;

export interface WholePathOptions {
  children: Children;
  bench: BenchServer;
  workers: number;
  warmUpMillis: number;
  profileDirectory?: string;
}

/** The real services with the record on. Each round is a run of its own, of fresh processes in a fresh laboratory. */
export class WholePath implements System {
  readonly name = 'faultline';
  readonly warmUpMillis: number;
  private lab: Lab | undefined;
  private runs = 0;
  private openedAtMicros = 0;

  constructor(private readonly options: WholePathOptions) {
    this.warmUpMillis = options.warmUpMillis;
  }

  async begin(outstanding: number): Promise<void> {
    const { workers, warmUpMillis: _, ...where } = this.options;
    this.runs += 1;
    const scenario = loadScenario({ outstanding, workers });
    this.lab = await Lab.start({ ...where, lab: `bench-rounds-${this.runs}`, scenario });
    await this.lab.go();
  }

  open(): Promise<void> {
    this.openedAtMicros = nowMicros();
    return Promise.resolve();
  }

  async close(): Promise<ClosedWindow> {
    const { name, openedAtMicros } = this;
    const window: Window<typeof name> = { name, openedAtMicros, closedAtMicros: nowMicros() };
    const lab = this.current();
    await lab.halt(DRAIN_MILLIS);
    const record = await catchUp(lab);
    const { faultline: figures } = await windowsOfRecord(lab.directory, [window], [name]);
    return { figures, record };
  }

  async finish(): Promise<void> {
    const { lab } = this;
    this.lab = undefined;
    await lab?.stop();
    await lab?.remove();
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
