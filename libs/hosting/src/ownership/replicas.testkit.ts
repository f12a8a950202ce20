import { Deposed } from '../append-surely';
import { ManualClock, MemoryKv } from '../memory';
import {
  type KvEntry,
  type KvPort,
  KvLost,
  KvUnavailable,
  LogReadFailed,
  type KvWatchOptions,
  type Running,
} from '../ports';
import { UnitKeeper } from './unit-keeper';

export const LEASE_MILLIS = 3_000;
export const UNITS = Array.from({ length: 8 }, (_, place) => `iommu.${place}`);

/** The bucket as one process sees it; it may be cut off. */
class Reach implements KvPort {
  isCut = false;
  /** The answer to a write of this key waits for it. */
  late: { key: string; until: Promise<void> } | undefined;
  private readonly watches: KvWatchOptions[] = [];

  constructor(
    private readonly kv: KvPort,
    /** Whether there is no bucket: then reads say so, and a write is not answered, as NATS does it. */
    private readonly isGone: () => boolean,
    /** Whether a write of this key is done, and its answer lost. */
    private readonly isUnheard: (key: string) => boolean,
  ) {}

  lose(): void {
    for (const watch of this.watches.splice(0)) watch.onError(new KvLost('owners', 'somebody deleted it'));
  }

  get(key: string): Promise<KvEntry | undefined> {
    return this.reach(key, () => this.kv.get(key));
  }
  async put(key: string, value: Uint8Array, expectedRevision?: number): Promise<number> {
    const revision = await this.reach(key, () => this.kv.put(key, value, expectedRevision));
    if (this.late?.key === key) await this.late.until;
    if (this.isUnheard(key)) throw new KvUnavailable(key, 'no answer');
    return revision;
  }
  delete(key: string, expectedRevision?: number): Promise<void> {
    return this.reach(key, () => this.kv.delete(key, expectedRevision));
  }
  entries(prefix: string): Promise<KvEntry[]> {
    return this.reach(prefix, () => this.kv.entries(prefix));
  }
  watch(options: KvWatchOptions): Promise<Running> {
    if (this.isGone()) return Promise.reject(new KvLost('owners', 'it is not there'));
    this.watches.push(options);
    const hear = (task: () => void): void => {
      if (!this.isCut) task();
    };
    return this.kv.watch({
      ...options,
      onEntry: (entry) => hear(() => options.onEntry(entry)),
      onDeleted: (key, revision) => hear(() => options.onDeleted(key, revision)),
      onReady: () => hear(() => options.onReady()),
    });
  }

  private reach<T>(key: string, task: () => Promise<T>): Promise<T> {
    return this.isCut || this.isGone() ? Promise.reject(new KvUnavailable(key, 'no answer')) : task();
  }
}

/** A process that owns units, with a clock and a view of the bucket of its own. */
export class Replica {
  readonly open = new Set<string>();
  readonly troubles: Error[] = [];
  readonly reach: Reach;
  readonly keeper: UnitKeeper;
  readonly clock: ManualClock;
  told: readonly string[] = [];
  revived = 0;

  constructor(
    readonly instance: string,
    world: World,
    session = `${instance}-session`,
  ) {
    this.reach = new Reach(
      world.kv,
      () => world.isGone,
      (key) => key.endsWith(`.${world.unheard.get(instance) ?? ''}`),
    );
    this.clock = new ManualClock(1_000);
    this.keeper = new UnitKeeper({
      ...{ kv: this.reach, clock: this.clock, service: 'iommu', instance },
      ...{ session, leaseMillis: LEASE_MILLIS, units: UNITS },
      open: async (unit) => {
        await world.slow.get(unit);
        // That a unit has one owner is for the log to see to; here one is opened only when nobody in order has it.
        if (world.living.some((other) => other !== this && other.open.has(unit))) world.doubled.push(unit);
        if (world.refused.delete(unit)) throw new Deposed(unit, 1, 2);
        if (world.unreadable.delete(unit)) throw new LogReadFailed(unit, 'no answer');
        this.open.add(unit);
        world.story.push(`${instance} opens ${unit}`);
      },
      close: (unit) => {
        this.open.delete(unit);
        world.story.push(`${instance} closes ${unit}`);
        return Promise.resolve();
      },
      revive: () => {
        this.revived += 1;
        world.isGone = world.isDenied;
        return Promise.resolve();
      },
      onOwned: (units) => (this.told = units),
      onTrouble: (error) => this.troubles.push(error),
      onFailure: (error) => {
        throw error;
      },
    });
  }
}

/** Replicas of one service, and what happens to them. */
export class World {
  readonly kv = new MemoryKv();
  /** Somebody deleted the bucket, and nobody may make it again. */
  isGone = false;
  isDenied = false;
  readonly replicas: Replica[] = [];
  readonly story: string[] = [];
  readonly doubled: string[] = [];
  /** Units that are found to have another owner when they are opened next. */
  readonly refused = new Set<string>();
  /** Units whose log cannot be read when they are opened next. */
  readonly unreadable = new Set<string>();
  /** By instance, the unit whose claim it never hears the answer of. */
  readonly unheard = new Map<string, string>();
  /** Units that take until then to open. */
  readonly slow = new Map<string, Promise<void>>();
  private readonly dead = new Set<Replica>();

  get living(): Replica[] {
    return this.replicas.filter((replica) => !this.dead.has(replica));
  }

  async join(...instances: string[]): Promise<Replica[]> {
    const joined = instances.map((instance) => new Replica(instance, this));
    this.replicas.push(...joined);
    await Promise.all(joined.map(({ keeper }) => keeper.start()));
    return joined;
  }

  /** Somebody deletes the bucket. */
  async lose(): Promise<void> {
    for (const { key } of await this.kv.entries('')) await this.kv.delete(key);
    this.isGone = true;
    for (const { reach } of this.replicas) reach.lose();
  }

  /** It says and hears nothing more. */
  kill(replica: Replica): void {
    replica.reach.isCut = true;
    this.dead.add(replica);
  }

  async elapse(millis: number, step = 50): Promise<void> {
    for (let passed = 0; passed < millis; passed += step) {
      for (const { clock } of this.living) clock.advance(step * 1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Owner of each unit among the living. */
  owners(): string[] {
    return UNITS.map((unit) =>
      this.living
        .filter(({ open }) => open.has(unit))
        .map(({ instance }) => instance)
        .join('+'),
    );
  }
}
