import {
  assertKvKey,
  assertKvPrefix,
  KvConflict,
  type KvEntry,
  type KvPort,
  type KvWatchOptions,
  type Running,
} from '../ports';
import { toError } from '../to-error';
import { microtasks, Pump, type Scheduler } from './scheduler';

/** What a key holds; a deletion has no value. */
interface Change {
  key: string;
  revision: number;
  value: Uint8Array | undefined;
}

/** A bucket in one process. Like a bucket on NATS it remembers of a deleted key that, and when, it was deleted. */
export class MemoryKv implements KvPort {
  private readonly last = new Map<string, Change>();
  private readonly watchers = new Set<Watcher>();
  private revision = 0;

  constructor(private readonly schedule: Scheduler = microtasks) {}

  async get(key: string): Promise<KvEntry | undefined> {
    assertKvKey(key);
    const change = this.last.get(key);
    return change && entryOf(change);
  }

  async put(key: string, value: Uint8Array, expectedRevision?: number): Promise<number> {
    assertKvKey(key);
    const current = this.last.get(key);
    const free = expectedRevision === 0 && current?.value === undefined;
    if (!free) this.refuseStale(key, expectedRevision);
    return this.store({ key, value: value.slice(), revision: this.revision + 1 });
  }

  async delete(key: string, expectedRevision?: number): Promise<void> {
    assertKvKey(key);
    this.refuseStale(key, expectedRevision);
    this.store({ key, value: undefined, revision: this.revision + 1 });
  }

  async entries(prefix: string): Promise<KvEntry[]> {
    assertKvPrefix(prefix);
    return this.changes(prefix).flatMap((change) => entryOf(change) ?? []);
  }

  async watch(options: KvWatchOptions): Promise<Running> {
    assertKvPrefix(options.prefix);
    const watcher = new Watcher(options, this.schedule, this.changes(options.prefix), () =>
      this.watchers.delete(watcher),
    );
    this.watchers.add(watcher);
    return watcher;
  }

  private changes(prefix: string): Change[] {
    const found = [...this.last.values()].filter(({ key }) => key.startsWith(prefix));
    return found.sort((a, b) => a.revision - b.revision);
  }

  private refuseStale(key: string, expectedRevision: number | undefined): void {
    if (expectedRevision === undefined) return;
    if ((this.last.get(key)?.revision ?? 0) !== expectedRevision) throw new KvConflict(key, expectedRevision);
  }

  private store(change: Change): number {
    this.revision = change.revision;
    this.last.set(change.key, change);
    for (const watcher of this.watchers) watcher.add(change);
    return change.revision;
  }
}

function entryOf({ key, value, revision }: Change): KvEntry | undefined {
  return value && { key, value: value.slice(), revision };
}

/** Tells one watcher what it has not been told, in tasks of the scheduler. */
class Watcher implements Running {
  private readonly pump: Pump;
  private readonly queue: (Change | 'ready')[];
  private stopped = false;

  constructor(
    private readonly options: KvWatchOptions,
    schedule: Scheduler,
    present: Change[],
    private readonly forget: () => void,
  ) {
    this.queue = [...present, 'ready'];
    this.pump = new Pump(schedule, () => this.tellAll());
    this.pump.wake();
  }

  add(change: Change): void {
    if (!change.key.startsWith(this.options.prefix)) return;
    this.queue.push(change);
    this.pump.wake();
  }

  stop(): Promise<void> {
    this.stopped = true;
    this.forget();
    return Promise.resolve();
  }

  private tellAll(): void {
    try {
      while (!this.stopped) {
        const next = this.queue.shift();
        if (!next) return;
        this.tell(next);
      }
    } catch (thrown) {
      void this.stop();
      this.options.onError(toError(thrown));
    }
  }

  private tell(next: Change | 'ready'): void {
    if (next === 'ready') return this.options.onReady();
    const entry = entryOf(next);
    if (entry) this.options.onEntry(entry);
    else this.options.onDeleted(next.key, next.revision);
  }
}
