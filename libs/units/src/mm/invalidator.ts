import {
  type InvalidatePages,
  invalidateSchema,
  reachOfIommus,
  type ResolvedScenario,
} from '@faultline/contracts';
import { EVERY_DEVICE, type RemovedEntry } from '@faultline/domain';
import { UnitClosed } from '@faultline/hosting';
import { LaneClient, type UnitPorts, type Waiter } from '../common';
import { rangesOf } from './invalidation-ranges';

/** Entries that were removed or restricted together, grouped by what they are invalidated by. */
type EntriesOfMms = Map<number, RemovedEntry[]>;

/**
 * Takes removed and restricted pages out of every translation cache (D3, R122): asks all IOMMUs where a device may translate for
 * the mm, and has the entries completed when the last of them has answered. Page requests never stand in its way: the lanes are
 * its own (D11).
 */
export class Invalidator {
  /** To the IOMMUs that an mm can be reached through. */
  private readonly lanesOfMm = new Map<number, Set<LaneClient<InvalidatePages>>>();
  /** What names the mm, or named it last. */
  private readonly pasidsOfMm = new Map<number, Set<number>>();
  private waiting: EntriesOfMms = new Map();
  private readonly underWay = new Set<Invalidation>();
  /** Those that are out of every cache since the last answers, and are completed together. */
  private emptied: Invalidation[] = [];
  private closed = false;

  constructor(
    ports: UnitPorts,
    scenario: ResolvedScenario,
    private readonly shard: number,
    sender: { unit: string; epoch: number },
    /** Resolves when the log holds that the entries are completed. */
    private readonly complete: (entries: readonly RemovedEntry[]) => Promise<unknown>,
    /** A completion could not be brought into the log. */
    private readonly onFailure: (error: unknown) => void,
  ) {
    for (const [iommu, mms] of reachOfIommus(scenario)) {
      const lane: LaneClient<InvalidatePages> = new LaneClient(ports, {
        subject: ports.subjects.invalidateIommu(iommu),
        schema: invalidateSchema,
        sender,
      });
      for (const mm of mms) setOf(this.lanesOfMm, mm).add(lane);
    }
  }

  /** The PASID names the mm: invalidations of its pages go by it. */
  bound(mm: number, pasid: number): void {
    setOf(this.pasidsOfMm, mm).add(pasid);
  }

  /** An entry was removed or restricted; `send` takes it along. */
  add({ mm, page, frame }: RemovedEntry): void {
    const entries = this.waiting.get(mm);
    if (entries) entries.push({ mm, page, frame });
    else this.waiting.set(mm, [{ mm, page, frame }]);
  }

  /** Asks for everything added since, with the position of the removal in the log (D3). */
  send(sequence: number): void {
    if (this.waiting.size === 0) return;
    const { waiting } = this;
    this.waiting = new Map();
    for (const [mm, entries] of waiting) this.invalidate(mm, entries, sequence);
  }

  /**
   * Resolves when everything sent before is complete, and the log says so. Rejects with `UnitClosed` when the shard is handed over
   * first: then its next owner completes it, and is to be asked.
   */
  async settled(): Promise<void> {
    await Promise.all(Array.from(this.underWay, (invalidation) => invalidation.over()));
    if (this.closed) throw new UnitClosed();
  }

  close(): void {
    this.closed = true;
    for (const lanes of this.lanesOfMm.values()) for (const lane of lanes) lane.close();
  }

  private invalidate(mm: number, entries: RemovedEntry[], sequence: number): void {
    const pasids = this.pasidsOfMm.get(mm) ?? NOBODY;
    const lanes = this.lanesOfMm.get(mm) ?? NOBODY;
    const invalidation = new Invalidation(entries, pasids.size * lanes.size, this.onAnswered, this.onRefused);
    this.underWay.add(invalidation);
    if (pasids.size * lanes.size === 0) return this.onAnswered(invalidation);
    const ranges = rangesOf(entries);
    for (const pasid of pasids) {
      const order: InvalidatePages = {
        kind: 'InvalidatePages',
        device: EVERY_DEVICE,
        pasid,
        mm,
        shard: this.shard,
        sequence,
        ranges,
      };
      for (const lane of lanes) lane.ask(order, invalidation);
    }
  }

  /** One answer is that to many invalidations: they are completed together, when it has been gone through. */
  private readonly onAnswered = (invalidation: Invalidation): void => {
    this.emptied.push(invalidation);
    if (this.emptied.length === 1) void Promise.resolve().then(() => this.completeEmptied());
  };

  private readonly onRefused = (invalidation: Invalidation, error: unknown): void => {
    if (!this.underWay.delete(invalidation)) return;
    this.onFailure(error);
    invalidation.end();
  };

  private completeEmptied(): void {
    const { emptied } = this;
    this.emptied = [];
    const entries = emptied.flatMap((invalidation) => invalidation.entries);
    this.complete(entries).then(
      () => {
        for (const invalidation of emptied) {
          this.underWay.delete(invalidation);
          invalidation.end();
        }
      },
      (error: unknown) => {
        for (const invalidation of emptied) this.onRefused(invalidation, error);
      },
    );
  }
}

const NOBODY: ReadonlySet<never> = new Set();

/** Entries on their way out of every cache that may hold them. There may be one for each fault: nobody waits for most of them. */
class Invalidation implements Waiter {
  private waiting: (() => void)[] | undefined;

  constructor(
    readonly entries: readonly RemovedEntry[],
    /** Answers that are still to come. */
    private open: number,
    private readonly onAnswered: (invalidation: Invalidation) => void,
    private readonly onRefused: (invalidation: Invalidation, error: unknown) => void,
  ) {}

  answered(): void {
    this.open -= 1;
    if (this.open === 0) this.onAnswered(this);
  }

  failed(error: Error): void {
    this.onRefused(this, error);
  }

  /** Resolves when the log says that it is complete, or it never will be. */
  over(): Promise<void> {
    return new Promise((resolve) => (this.waiting ??= []).push(resolve));
  }

  end(): void {
    for (const resolve of this.waiting ?? []) resolve();
  }
}

function setOf<Member>(sets: Map<number, Set<Member>>, key: number): Set<Member> {
  let set = sets.get(key);
  if (!set) sets.set(key, (set = new Set()));
  return set;
}
