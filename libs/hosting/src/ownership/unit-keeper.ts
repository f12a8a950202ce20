import {
  type ClockPort,
  KvConflict,
  KvLost,
  type KvPort,
  KvUnavailable,
  LogReadFailed,
  LogUnavailable,
} from '../ports';
import { toError } from '../to-error';
import { isLoss } from '../unit-host';
import { KeptWatch } from './kept-watch';
import { Membership } from './membership';
import { preferredMember } from './rendezvous';

const PREFIX = 'unit.';
/** Shares of a lease after which what could not be done is tried again. */
const TRIES_PER_LEASE = 6;

export interface UnitKeeperOptions {
  kv: KvPort;
  clock: ClockPort;
  service: string;
  instance: string;
  session: string;
  leaseMillis: number;
  /** The units that the replicas of this service share. */
  units: readonly string[];
  /** Takes a unit over; resolves when it serves. May reject with a loss (see `isLoss`). */
  open(unit: string): Promise<void>;
  /** Hands a unit over: settles what is in flight and resolves; also for a unit that was lost meanwhile. */
  close(unit: string): Promise<void>;
  /** The bucket is gone: resolves when there is one again. */
  revive(): Promise<void>;
  /** What this replica owns and serves has changed. */
  onOwned(units: readonly string[]): void;
  /** The store makes trouble; ownership stays as it is until it does not. */
  onTrouble(error: Error): void;
  /** A unit could not be opened, for another reason than another owner. */
  onFailure(error: Error): void;
}

/** Who has a unit, as its key says. */
interface Holder {
  session: string;
  revision: number;
}

type Hold = 'opening' | 'open' | 'closing';

/**
 * Shares the units of a service out among its living replicas: a unit belongs to the one that rendezvous hashing prefers, which claims
 * it by compare-and-set when it is free or its holder is dead; a holder that is not preferred any more hands it over. A claim only
 * says who should write; that nobody else does is the log's fence (D5, D6), so a wrong belief here costs time and nothing else.
 */
export class UnitKeeper {
  private readonly membership: Membership;
  private readonly holders = new Map<string, Holder>();
  private readonly held = new Map<string, Hold>();
  /**
   * Units that this replica claimed, and whose claim somebody else has written or taken away since: he may have owned them meanwhile, and
   * a unit that writes nothing would never learn it from the log.
   */
  private readonly contested = new Set<string>();
  private readonly watch: KeptWatch;
  private isReady = false;
  private leaving = false;
  private stopped = false;
  private cancel: () => void = () => undefined;
  private idle: (() => void)[] = [];

  constructor(private readonly options: UnitKeeperOptions) {
    const { kv, clock, service, instance, session, leaseMillis, revive, onTrouble } = options;
    this.membership = new Membership({
      kv,
      clock,
      service,
      instance,
      session,
      leaseMillis,
      revive,
      onTrouble,
      onChange: () => this.share(),
    });
    this.watch = new KeptWatch(kv, clock, {
      prefix: PREFIX,
      onEntry: ({ key, value, revision }) => {
        const { session } = JSON.parse(new TextDecoder().decode(value)) as { session: string };
        this.learn(key.slice(PREFIX.length), revision, session);
      },
      onDeleted: (key, revision) => this.learn(key.slice(PREFIX.length), revision),
      onReady: () => {
        this.isReady = true;
        this.share();
      },
      // The membership watches the same bucket, and has it made anew when it is gone.
      onLost: (error) => {
        onTrouble(error);
        this.isReady = false;
        this.holders.clear();
      },
    });
  }

  async start(): Promise<void> {
    this.watch.start();
    await this.membership.start();
    this.tryAgain();
  }

  /** Hands everything over and goes. */
  async stop(): Promise<void> {
    this.leaving = true;
    await this.membership.leave();
    this.share();
    while (this.held.size > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
    this.stopped = true;
    this.cancel();
    await this.watch.stop();
    await this.membership.stop();
  }

  /** The unit turned out to have another owner; it is closed already. */
  lost(unit: string): void {
    this.let(unit);
  }

  /** A store that did not answer is asked again. */
  private tryAgain(): void {
    const { clock, leaseMillis } = this.options;
    this.cancel = clock.after((leaseMillis * 1_000) / TRIES_PER_LEASE, () => {
      if (this.stopped) return;
      this.share();
      this.tryAgain();
    });
  }

  /** Brings what this replica holds nearer to what it should. */
  private share(): void {
    if (this.stopped) return;
    // Who goes lets go of what it has, whether the store can be heard or not.
    if (this.leaving) for (const [unit, hold] of [...this.held]) if (hold === 'open') void this.release(unit);
    if (this.leaving || !this.isReady || !this.membership.isSettled) return;
    const { candidates } = this.membership;
    for (const unit of this.options.units) {
      const isMine = preferredMember(unit, candidates) === this.options.instance;
      const hold = this.held.get(unit);
      if (hold === 'open' && (!isMine || this.isTaken(unit))) void this.release(unit);
      else if (hold === undefined && isMine && this.isFree(unit)) void this.claim(unit);
      else if (hold === undefined && !isMine && this.isOwn(unit)) void this.disown(unit);
    }
  }

  /**
   * The claim of a unit was written by a session, or taken away. The answer to an own claim and the watch come on ways of their own, so
   * what is older than what is known is past.
   */
  private learn(unit: string, revision: number, session?: string): void {
    const known = this.holders.get(unit);
    if (known && revision <= known.revision) return;
    const own = this.options.session;
    const hold = this.held.get(unit);
    const isClaimed = hold === 'open' || (hold === 'opening' && known?.session === own);
    if (isClaimed && session !== own) this.contested.add(unit);
    if (session === undefined) this.holders.delete(unit);
    else this.holders.set(unit, { session, revision });
    this.share();
  }

  /** Whether somebody else has claimed what is here, or had claimed it. */
  private isTaken(unit: string): boolean {
    if (this.contested.has(unit)) return true;
    const holder = this.holders.get(unit);
    return holder !== undefined && holder.session !== this.options.session;
  }

  /** Nobody has it, or nobody who lives; what this process claimed and does not have it may claim again. */
  private isFree(unit: string): boolean {
    const holder = this.holders.get(unit);
    if (holder === undefined || holder.session === this.options.session) return true;
    return !this.membership.isLive(holder.session);
  }

  /** The claim that is known is this process's. */
  private isOwn(unit: string): boolean {
    return this.holders.get(unit)?.session === this.options.session;
  }

  /** A claim whose answer was lost, or whose unit could not be opened, keeps the unit from whoever should have it by now. */
  private async disown(unit: string): Promise<void> {
    this.held.set(unit, 'closing');
    await this.giveBack(unit);
    this.let(unit);
  }

  private async claim(unit: string): Promise<void> {
    const { kv, session, instance, open, onFailure } = this.options;
    this.held.set(unit, 'opening');
    try {
      const claim = new TextEncoder().encode(JSON.stringify({ session, instance }));
      const revision = await kv.put(PREFIX + unit, claim, this.holders.get(unit)?.revision ?? 0);
      this.learn(unit, revision, session);
      await open(unit);
      this.held.set(unit, 'open');
      this.tell();
      this.share();
    } catch (error) {
      this.let(unit);
      if (error instanceof KvConflict || error instanceof KvUnavailable || isLoss(error)) return;
      // A log that is away is no failure of the unit: it is claimed again until the log can be read.
      if (error instanceof KvLost || error instanceof LogReadFailed || error instanceof LogUnavailable)
        return this.options.onTrouble(error);
      onFailure(toError(error));
    }
  }

  private async release(unit: string): Promise<void> {
    this.held.set(unit, 'closing');
    this.tell();
    await this.options.close(unit);
    await this.giveBack(unit);
    this.let(unit);
    this.share();
  }

  private async giveBack(unit: string): Promise<void> {
    const { kv, onTrouble, session } = this.options;
    const holder = this.holders.get(unit);
    if (holder?.session !== session) return;
    try {
      await kv.delete(PREFIX + unit, holder.revision);
    } catch (error) {
      // A claim that may still be there is still known, so that it is given back at the next look, unless the process goes.
      if (!(error instanceof KvConflict)) return onTrouble(toError(error));
    }
    // Only the own claim is forgotten: who has the unit now must be known, to take it over when that one dies.
    if (this.holders.get(unit) === holder) this.holders.delete(unit);
  }

  private let(unit: string): void {
    this.contested.delete(unit);
    const had = this.held.delete(unit);
    if (had) this.tell();
    if (this.held.size === 0) for (const resolve of this.idle.splice(0)) resolve();
  }

  private tell(): void {
    this.options.onOwned(this.options.units.filter((unit) => this.held.get(unit) === 'open'));
  }
}
