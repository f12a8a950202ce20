import { join, resolve } from 'node:path';
import { isRun, listRuns, RunFolder } from '@faultline/record';
import { CurrentEngagement } from '@faultline/runtime';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { RunUnknown } from '../common/failures';
import { runsFolder } from '../common/folders';
import { OpenRun } from './open-run';

/** Runs that are kept open at a time: each is two databases. */
const MOST_OPEN = 8;
/** A run that nobody asked about for so long is closed. */
const IDLE_MILLIS = 30_000;

interface Shelved {
  run: Promise<OpenRun>;
  users: number;
  usedAt: number;
  /** It is to be closed when nobody uses it any more. */
  leaving?: () => void;
}

/** The runs that this service can be asked about: those of its folder, one of which it may be recording. */
@Injectable()
export class RunShelf implements OnModuleDestroy {
  private readonly open = new Map<string, Shelved>();
  private readonly unwatch: () => void;
  private readonly timer: NodeJS.Timeout;
  private lastLive: string | undefined;

  constructor(private readonly current: CurrentEngagement) {
    this.lastLive = this.live;
    // Whoever writes the record leaves one whole file when nobody reads it any more.
    this.unwatch = current.watch(async () => {
      const before = this.lastLive;
      this.lastLive = this.live;
      if (before !== undefined && before !== this.lastLive) await this.close(before);
    });
    this.timer = setInterval(() => void this.closeIdle(), IDLE_MILLIS / 2);
    this.timer.unref();
  }

  /** Where runs are kept; undefined for a service that was told of no folder. */
  get directory(): string | undefined {
    return runsFolder(this.current.config);
  }

  /** Id of the run that is being recorded. */
  get live(): string | undefined {
    const path = this.current.now?.config.runDirectory;
    return path === undefined ? undefined : new RunFolder(resolve(path)).id;
  }

  /** Ids of all runs, newest first. */
  list(): string[] {
    return this.directory === undefined ? [] : listRuns(this.directory).reverse();
  }

  /** The folder of a run that {@link list} gave. */
  folderOf(id: string): RunFolder {
    return new RunFolder(join(this.directory ?? '', id));
  }

  /** Whether there is a record of the run that is being recorded: its first message may still be to come. */
  get isLiveThere(): boolean {
    const { live, directory } = this;
    return live !== undefined && directory !== undefined && isRun(join(directory, live));
  }

  /** The folder of a run by its id, `live` or `latest`. Throws {@link RunUnknown}. */
  find(reference: string): RunFolder {
    const id = reference === 'live' ? this.live : reference === 'latest' ? this.list()[0] : reference;
    const path = id === undefined || this.directory === undefined ? undefined : join(this.directory, id);
    if (path === undefined || !isRun(path)) throw new RunUnknown(reference);
    return new RunFolder(path);
  }

  /** Does the work with the run open. Rejects with {@link RunUnknown}, and as {@link OpenRun.open} does. */
  async use<T>(reference: string, work: (run: OpenRun) => Promise<T>): Promise<T> {
    const folder = this.find(reference);
    const shelved = this.take(folder);
    shelved.users += 1;
    try {
      return await work(await shelved.run);
    } finally {
      shelved.users -= 1;
      shelved.usedAt = performance.now();
      if (shelved.users === 0) shelved.leaving?.();
      this.closeBeyond();
    }
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    this.unwatch();
    await Promise.all([...this.open.keys()].map((id) => this.close(id)));
  }

  private take(folder: RunFolder): Shelved {
    const known = this.open.get(folder.id);
    if (known) return known;
    const shelved: Shelved = { run: OpenRun.open(folder), users: 0, usedAt: performance.now() };
    this.open.set(folder.id, shelved);
    // One that could not be opened is tried anew by whoever asks next.
    shelved.run.catch(() => this.open.get(folder.id) === shelved && this.open.delete(folder.id));
    return shelved;
  }

  private closeBeyond(): void {
    const unused = [...this.open].filter(([, { users }]) => users === 0);
    unused.sort(([, one], [, other]) => one.usedAt - other.usedAt);
    for (const [id] of unused.slice(0, Math.max(0, this.open.size - MOST_OPEN))) void this.close(id);
  }

  private async closeIdle(): Promise<void> {
    const since = performance.now() - IDLE_MILLIS;
    const idle = [...this.open].filter(([, { users, usedAt }]) => users === 0 && usedAt < since);
    await Promise.all(idle.map(([id]) => this.close(id)));
  }

  /** Resolves when it is closed, which waits for those who use it. */
  private async close(id: string): Promise<void> {
    const shelved = this.open.get(id);
    if (!shelved) return;
    this.open.delete(id);
    if (shelved.users > 0) await new Promise<void>((resolve) => (shelved.leaving = resolve));
    await shelved.run.then((run) => run.close()).catch(() => undefined);
  }
}
