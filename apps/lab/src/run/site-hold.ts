import { decodeSiteClaim, encodeSiteClaim, type SiteClaim } from '@faultline/contracts';
import { type ClockPort, KvConflict, type KvEntry, type KvPort, KvUnavailable } from '@faultline/hosting';
import { RunFailed } from '../errors';

/** How often the holder shows that it lives. */
const BEAT_MICROS = 2_000_000;
/**
 * A claim that stood still for so long, as seen by the one who watches it, has a dead holder. No clock is compared with another;
 * five beats, so that a busy machine or a NATS server that restarts costs nobody the site.
 */
const ABANDONED_MICROS = 10_000_000;
/** How often a claim of somebody else is looked at. */
const LOOK_MICROS = 500_000;
/** Pause before a write that got no answer is tried again. */
const RETRY_MICROS = 500_000;

/** Somebody else's run has the site, and lives. */
export class SiteBusy extends RunFailed {
  constructor(site: string, claim: SiteClaim | undefined) {
    super(
      claim
        ? `site ${site} is busy with run ${claim.run} since ${claim.since}: wait until it is over, or use another site`
        : `the key of site ${site} is being written by something that is no run of this version: use another site`,
    );
  }
}

/** Somebody else has the site now: this process was away for too long, or its claim was removed by hand. */
export class SiteLost extends RunFailed {
  constructor(site: string, claim: SiteClaim | undefined) {
    super(`site ${site} was taken from this run${claim ? ` by run ${claim.run}` : ''}: run it again`);
  }
}

export interface SiteHoldOptions {
  kv: KvPort;
  clock: ClockPort;
  site: string;
  run: string;
  /** Names this process, and no other that ever was. */
  holder: string;
  /** Somebody else's claim is there; whether its holder lives shows within the time, in seconds. */
  onWait?(claim: SiteClaim | undefined, seconds: number): void;
  /** The site was lost in the middle of the run. */
  onLost(error: SiteLost): void;
}

/** A run's hold on a site: claimed and changed by compare-and-set, shown to be alive by a beat, given back at the end. */
export class SiteHold {
  /** Writes go one after the other, so that each knows the revision it replaces. */
  private writes: Promise<void> = Promise.resolve();
  private cancelBeat: () => void = () => undefined;
  private released = false;
  /** From then on a write that gets no answer is not tried again. */
  private giveUpAtMicros = Infinity;

  private constructor(
    private readonly options: SiteHoldOptions,
    private claim: SiteClaim,
    private revision: number,
  ) {
    this.beatLater();
  }

  /** Rejects with {@link SiteBusy} when a living run has the site, and with the store's errors. */
  static async take(options: SiteHoldOptions): Promise<SiteHold> {
    const { kv, clock, site, run, holder } = options;
    const since = new Date(clock.nowMicros() / 1000).toISOString();
    const claim: SiteClaim = { run, lab: null, holder, since, beat: 0 };
    for (;;) {
      const revision = await vacancy(options);
      try {
        return new SiteHold(options, claim, await kv.put(site, encodeSiteClaim(claim), revision));
      } catch (error) {
        // Another run was faster, and has to be waited for or given way to like any other.
        if (!(error instanceof KvConflict)) throw error;
      }
    }
  }

  /** The services of the site serve this laboratory from now on. Waits out an outage of the store, however long. */
  async serve(lab: string): Promise<void> {
    await this.inTurn(() => this.write({ lab }));
  }

  /**
   * The services of the site leave the laboratory they serve. Rejects with `KvUnavailable` when the store has not taken that within
   * the time, in milliseconds: then they do not know.
   */
  async leave(patienceMillis: number): Promise<void> {
    this.giveUpAtMicros = this.options.clock.nowMicros() + patienceMillis * 1_000;
    await this.inTurn(() => this.write({ lab: null }));
  }

  /** The site is free for others. Does nothing when it is lost; a store that does not answer is not asked again. */
  async release(): Promise<void> {
    if (this.released) return;
    this.released = true;
    this.giveUpAtMicros = -Infinity;
    this.cancelBeat();
    await this.inTurn(() => this.options.kv.delete(this.options.site, this.revision)).catch(
      (error: unknown) => {
        if (!(error instanceof KvConflict)) throw error;
      },
    );
  }

  private beatLater(): void {
    if (this.released) return;
    this.cancelBeat = this.options.clock.after(BEAT_MICROS, () => {
      this.inTurn(() => this.write({ beat: this.claim.beat + 1 })).then(
        () => this.beatLater(),
        // A beat that was given up at the end of the run is no loss: the next one may get through.
        (error: unknown) => (error instanceof KvUnavailable ? this.beatLater() : this.lost(error)),
      );
    });
  }

  private inTurn(task: () => Promise<void>): Promise<void> {
    const done = this.writes.then(task);
    this.writes = done.catch(() => undefined);
    return done;
  }

  private async write(change: Partial<SiteClaim>): Promise<void> {
    const { clock } = this.options;
    this.claim = { ...this.claim, ...change };
    for (;;) {
      try {
        if (await this.tryToWrite()) return;
      } catch (error) {
        if (!(error instanceof KvUnavailable) || clock.nowMicros() >= this.giveUpAtMicros) throw error;
      }
      await pause(clock, RETRY_MICROS);
    }
  }

  /** Returns false when the claim is still ours, and has to be written over another revision than the one that was known. */
  private async tryToWrite(): Promise<boolean> {
    const { kv, site } = this.options;
    try {
      this.revision = await kv.put(site, encodeSiteClaim(this.claim), this.revision);
      return true;
    } catch (error) {
      if (!(error instanceof KvConflict)) throw error;
      await this.recognise();
      return false;
    }
  }

  /** A write that got no answer may have been done all the same: then the claim is there, and still ours. */
  private async recognise(): Promise<void> {
    const { kv, site, holder } = this.options;
    const found = await kv.get(site);
    const claim = found && decodeSiteClaim(found.value);
    if (!found || claim?.holder !== holder) throw new SiteLost(site, claim);
    this.revision = found.revision;
  }

  private lost(error: unknown): void {
    if (this.released) return;
    this.options.onLost(error instanceof SiteLost ? error : new SiteLost(this.options.site, undefined));
  }
}

/** The revision that a claim of the site replaces: 0 when nobody has it, that of a dead holder otherwise. */
async function vacancy(options: SiteHoldOptions): Promise<number> {
  const { kv, clock, site, onWait } = options;
  const first = await kv.get(site);
  if (!first) return 0;
  onWait?.(decodeSiteClaim(first.value), ABANDONED_MICROS / 1_000_000);
  const deadline = clock.nowMicros() + ABANDONED_MICROS;
  let found: KvEntry | undefined = first;
  while (clock.nowMicros() < deadline) {
    await pause(clock, LOOK_MICROS);
    found = await kv.get(site);
    if (!found) return 0;
    if (found.revision !== first.revision) throw new SiteBusy(site, decodeSiteClaim(found.value));
  }
  return first.revision;
}

function pause(clock: ClockPort, micros: number): Promise<void> {
  return new Promise((resolve) => void clock.after(micros, resolve));
}
