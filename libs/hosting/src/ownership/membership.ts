import { type ClockPort, KvLost, type KvPort, KvUnavailable } from '../ports';
import { toError } from '../to-error';
import { KeptWatch } from './kept-watch';

/** Shares of a lease: how often a member says that it lives, and how often it looks who else does. */
const BEATS_PER_LEASE = 3;
const LOOKS_PER_LEASE = 12;

export interface MembershipOptions {
  kv: KvPort;
  clock: ClockPort;
  /** Members of one service share its units. */
  service: string;
  /** Unique among the living. */
  instance: string;
  /** Unique among all that ever were. */
  session: string;
  /** Time after which a member that was not heard counts as dead, in milliseconds. */
  leaseMillis: number;
  /** Somebody came, went, or is leaving. */
  onChange(): void;
  /** The bucket is gone: resolves when there is one again. */
  revive(): Promise<void>;
  onTrouble(error: Error): void;
}

/** What a member says of itself. */
interface Beat {
  instance: string;
  /** It hands its units over and takes none. */
  leaving: boolean;
}

interface Member extends Beat {
  session: string;
  revision: number;
  /** When its last beat was seen, by the clock of this process. */
  seenAtMicros: number;
}

/**
 * The living replicas of a service, by leases in a key-value bucket: each writes a key of its own three times a lease; one whose beat
 * was not seen for a whole lease is dead. No clock but that of the looker counts, and it counts only while the looker sees its own
 * beats come back: after an outage, or a freeze of its own, everybody is given a whole lease again.
 */
export class Membership {
  private readonly members = new Map<string, Member>();
  private readonly watch: KeptWatch;
  private seenOwnAtMicros = Number.NEGATIVE_INFINITY;
  private leaving = false;
  private stopped = false;
  private living = '';
  private cancels: (() => void)[] = [];

  constructor(private readonly options: MembershipOptions) {
    this.watch = new KeptWatch(options.kv, options.clock, {
      prefix: this.prefix,
      onEntry: ({ key, value, revision }) => this.hear(key.slice(this.prefix.length), value, revision),
      onDeleted: (key) => {
        this.members.delete(key.slice(this.prefix.length));
        this.look();
      },
      onReady: () => undefined,
      onLost: (error) => this.deafen(error),
    });
  }

  /** Joins. Resolves when the first beat is written; retries for as long as the store does not answer. */
  async start(): Promise<void> {
    this.watch.start();
    await this.beat();
    this.repeat(BEATS_PER_LEASE, () => void this.beat());
    this.repeat(LOOKS_PER_LEASE, () => this.look());
  }

  /** Whether it is known who is there: nothing may be concluded before. */
  get isSettled(): boolean {
    const silenceMicros = this.options.clock.nowMicros() - this.seenOwnAtMicros;
    return silenceMicros < (2 * this.leaseMicros) / BEATS_PER_LEASE;
  }

  /** Instances that may have units. */
  get candidates(): string[] {
    return this.alive().flatMap(({ leaving, instance }) => (leaving ? [] : [instance]));
  }

  /** Whether the process with this session lives. */
  isLive(session: string): boolean {
    return this.alive().some((member) => member.session === session);
  }

  /** Takes no units any more, and says so; those it has it keeps until they are handed over. */
  async leave(): Promise<void> {
    this.leaving = true;
    await this.beat();
  }

  /** Goes. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const cancel of this.cancels) cancel();
    await this.watch.stop();
    // Who cannot say so is missed in due time.
    await this.options.kv.delete(this.key).catch(() => undefined);
  }

  private get key(): string {
    return this.prefix + this.options.session;
  }

  private get prefix(): string {
    return `member.${this.options.service}.`;
  }

  private async beat(): Promise<void> {
    const { kv, instance, onTrouble } = this.options;
    if (this.stopped) return;
    const beat: Beat = { instance, leaving: this.leaving };
    try {
      await kv.put(this.key, new TextEncoder().encode(JSON.stringify(beat)));
    } catch (error) {
      // The next beat is soon.
      if (error instanceof KvUnavailable) return;
      onTrouble(toError(error));
      if (error instanceof KvLost) await this.revive();
    }
  }

  /** A store that has no such bucket may leave a write unanswered, so it is the watch that learns of it at the latest. */
  private async revive(): Promise<void> {
    const { revive, onTrouble } = this.options;
    await revive().catch((cause: unknown) => onTrouble(toError(cause)));
  }

  /** Nobody is heard until the watch is back, the own beats first of all. */
  private deafen(error: Error): void {
    this.options.onTrouble(error);
    this.members.clear();
    this.seenOwnAtMicros = Number.NEGATIVE_INFINITY;
    if (error instanceof KvLost && !this.stopped) void this.revive();
  }

  private hear(session: string, value: Uint8Array, revision: number): void {
    const nowMicros = this.options.clock.nowMicros();
    if (session === this.options.session) this.hearOwn(nowMicros);
    const beat = JSON.parse(new TextDecoder().decode(value)) as Beat;
    const first = this.members.get(session)?.revision ?? revision;
    this.members.set(session, { ...beat, session, revision: first, seenAtMicros: nowMicros });
    this.look();
  }

  /** Own beats that did not come back are those of others that could not be heard. */
  private hearOwn(nowMicros: number): void {
    if (!this.isSettled) for (const member of this.members.values()) member.seenAtMicros = nowMicros;
    this.seenOwnAtMicros = nowMicros;
  }

  private alive(): Member[] {
    const nowMicros = this.options.clock.nowMicros();
    const heard = [...this.members.values()].filter(
      ({ seenAtMicros }) => !this.isSettled || nowMicros - seenAtMicros < this.leaseMicros,
    );
    // A name belongs to one process at a time: who has it now was started after the one before was gone.
    return heard.filter(
      ({ instance, revision }) =>
        !heard.some((other) => other.instance === instance && other.revision > revision),
    );
  }

  private look(): void {
    const living = this.alive()
      .map(({ session, leaving }) => `${session} ${leaving}`)
      .sort()
      .join();
    if (living === this.living || !this.isSettled) return;
    this.living = living;
    this.options.onChange();
  }

  private get leaseMicros(): number {
    return this.options.leaseMillis * 1_000;
  }

  private repeat(timesPerLease: number, task: () => void): void {
    const { clock } = this.options;
    let cancel = (): void => undefined;
    const next = (): void => {
      cancel = clock.after(this.leaseMicros / timesPerLease, () => {
        if (this.stopped) return;
        task();
        next();
      });
    };
    next();
    this.cancels.push(() => cancel());
  }
}
