import type { HostUse, Presence } from '@faultline/contracts';

/** An instance says every second that it is there; after so long without a word it is taken for gone. */
const SILENCE_MILLIS = 4_000;

/** Heartbeats are a second apart: two of them did not come. */
const LATE_MILLIS = 2_100;

/** What is known of an instance: its last word, and how old that is. */
export interface Sighting {
  presence: Presence;
  heardAgoMillis: number;
  standing: 'here' | 'late' | 'gone';
}

type Counts = Pick<Presence, 'instance' | 'deadLetters' | 'repairedQueues' | 'worker'>;

/** What every instance last said about itself. */
export class PresenceBoard {
  private readonly last = new Map<string, Presence>();
  /** What each process counted, those included that are gone: one that was started again under its name counts from 0. */
  private readonly counts = new Map<string, Counts>();
  private readonly heardAt = new Map<string, number>();
  private readonly waiting = new Set<() => void>();

  /** `onFailure` is called with what an instance says when it cannot go on. */
  constructor(
    private readonly onFailure: (presence: Presence) => void,
    private readonly nowMillis: () => number = () => performance.now(),
  ) {}

  post(presence: Presence): void {
    this.last.set(presence.instance, presence);
    this.counts.set(presence.session, presence);
    this.heardAt.set(presence.instance, this.nowMillis());
    if (presence.state === 'failed') this.onFailure(presence);
    for (const check of this.waiting) check();
  }

  /** How many instances were ever heard of, and are not forgotten. */
  get heardOf(): number {
    return this.last.size;
  }

  /** Whether an instance was ever heard of. */
  knows(instance: string): boolean {
    return this.last.has(instance);
  }

  /** Forgets who has said nothing for so long, and what those counted that are not there any more. */
  forget(silentMillis: number): void {
    const since = this.nowMillis() - silentMillis;
    for (const [instance, heardAt] of this.heardAt) {
      if (heardAt > since) continue;
      this.last.delete(instance);
      this.heardAt.delete(instance);
    }
    const sessions = new Set([...this.last.values()].map(({ session }) => session));
    for (const session of this.counts.keys()) if (!sessions.has(session)) this.counts.delete(session);
  }

  /** Resolves when a look, at every word of an instance, finds nothing missing; never rejects, the caller sets the deadline. */
  async complete(missing: () => readonly string[]): Promise<void> {
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (missing().length > 0) return;
        this.waiting.delete(check);
        resolve();
      };
      this.waiting.add(check);
      check();
    });
  }

  /** Instances that are not ready, with what is known of them. */
  missing(instances: readonly string[]): string[] {
    return instances
      .filter((instance) => this.last.get(instance)?.state !== 'ready')
      .map((instance) => `${instance} (${this.last.get(instance)?.state ?? 'not heard of'})`);
  }

  /** The last words of those that are here: heard of lately, and neither failed nor gone. */
  here(): Presence[] {
    const since = this.nowMillis() - SILENCE_MILLIS;
    return [...this.last.values()].filter(
      ({ instance, state }) =>
        state !== 'left' && state !== 'failed' && (this.heardAt.get(instance) ?? 0) >= since,
    );
  }

  /**
   * Everybody who was ever heard of, by name, and whether they can still be counted on: one that has been silent for longer than
   * heartbeats are apart is late, and gone when its leases have ended, or when it said so.
   */
  sightings(leaseMillis: number): Sighting[] {
    const now = this.nowMillis();
    const sightings = [...this.last.values()].map((presence): Sighting => {
      const heardAgoMillis = now - (this.heardAt.get(presence.instance) ?? now);
      return { presence, heardAgoMillis, standing: standingOf(presence, heardAgoMillis, leaseMillis) };
    });
    return sightings.sort((one, other) => (one.presence.instance < other.presence.instance ? -1 : 1));
  }

  /** What every worker process last said that it was used for. */
  get workers(): HostUse['workers'] {
    return [...this.counts.values()].flatMap(({ instance, worker }) =>
      worker ? [{ instance, ...worker }] : [],
    );
  }

  /** Resolves when every worker that is here has spoken since this was called. */
  async workersHeard(): Promise<void> {
    const since = this.nowMillis();
    const silent = (): string[] =>
      this.here()
        .filter(({ worker, instance }) => worker && (this.heardAt.get(instance) ?? 0) <= since)
        .map(({ instance }) => instance);
    await this.complete(silent);
  }

  /** Queues whose consumer had to be made anew, all told. */
  get repairedQueues(): number {
    return [...this.counts.values()].reduce((sum, { repairedQueues = 0 }) => sum + repairedQueues, 0);
  }

  /** Messages that instances put to the dead letters, all told. */
  get deadLetters(): number {
    return [...this.counts.values()].reduce((sum, { deadLetters }) => sum + deadLetters, 0);
  }
}

function standingOf({ state }: Presence, heardAgoMillis: number, leaseMillis: number): Sighting['standing'] {
  if (state === 'left' || state === 'failed' || heardAgoMillis >= Math.max(leaseMillis, LATE_MILLIS + 1))
    return 'gone';
  return heardAgoMillis >= LATE_MILLIS ? 'late' : 'here';
}
