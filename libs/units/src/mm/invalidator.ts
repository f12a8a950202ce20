import { type InvalidatePages, invalidateSchema, type ResolvedScenario } from '@faultline/contracts';
import { EVERY_DEVICE, type RemovedEntry } from '@faultline/domain';
import { UnitClosed } from '@faultline/hosting';
import { LaneClient, type UnitPorts } from '../common';
import { rangesOf } from './invalidation-ranges';

/** Entries that were removed or restricted together, grouped by what they are invalidated by. */
type EntriesOfMms = Map<number, RemovedEntry[]>;

/**
 * Takes removed and restricted pages out of every translation cache (D3, R122): asks all IOMMUs where a device may translate for
 * the mm, and has the entries completed when the last of them has answered. Page requests never stand in its way: the lanes are
 * its own (D11).
 */
export class Invalidator {
  private readonly lanes = new Map<number, LaneClient<InvalidatePages>>();
  private readonly iommusOfMm = new Map<number, Set<number>>();
  private readonly iommusOfPasid = new Map<number, Set<number>>();
  /** What names the mm, or named it last. */
  private readonly pasidsOfMm = new Map<number, Set<number>>();
  private waiting: EntriesOfMms = new Map();
  private readonly underWay = new Set<Promise<void>>();
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
    for (const { iommu } of scenario.iommus) {
      const subject = ports.subjects.invalidateIommu(iommu);
      this.lanes.set(iommu, new LaneClient(ports, { subject, schema: invalidateSchema, sender }));
    }
    for (const device of scenario.devices) {
      for (const { mm, pasid } of device.workloads) {
        setOf(this.iommusOfMm, mm).add(device.iommu);
        // A device whose domain is replaced goes on under the same PASID in an mm that is in no workload (R105).
        setOf(this.iommusOfPasid, pasid).add(device.iommu);
      }
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
    for (const [mm, entries] of waiting) {
      const invalidation = this.invalidate(mm, entries, sequence)
        .catch((error: unknown) => this.onFailure(error))
        .finally(() => this.underWay.delete(invalidation));
      this.underWay.add(invalidation);
    }
  }

  /**
   * Resolves when everything sent before is complete, and the log says so. Rejects with `UnitClosed` when the shard is handed over
   * first: then its next owner completes it, and is to be asked.
   */
  async settled(): Promise<void> {
    await Promise.all(this.underWay);
    if (this.closed) throw new UnitClosed();
  }

  close(): void {
    this.closed = true;
    for (const lane of this.lanes.values()) lane.close();
  }

  private async invalidate(mm: number, entries: RemovedEntry[], sequence: number): Promise<void> {
    const ranges = rangesOf(entries);
    const requests: Promise<void>[] = [];
    for (const pasid of this.pasidsOfMm.get(mm) ?? []) {
      const order: InvalidatePages = {
        kind: 'InvalidatePages',
        device: EVERY_DEVICE,
        pasid,
        mm,
        shard: this.shard,
        sequence,
        ranges,
      };
      for (const iommu of this.iommusOf(mm, pasid)) requests.push(this.laneTo(iommu).request(order));
    }
    await Promise.all(requests);
    await this.complete(entries);
  }

  private iommusOf(mm: number, pasid: number): Set<number> {
    return new Set([...(this.iommusOfMm.get(mm) ?? []), ...(this.iommusOfPasid.get(pasid) ?? [])]);
  }

  private laneTo(iommu: number): LaneClient<InvalidatePages> {
    const lane = this.lanes.get(iommu);
    if (!lane) throw new Error(`IOMMU ${iommu} is not part of the scenario`);
    return lane;
  }
}

function setOf(sets: Map<number, Set<number>>, key: number): Set<number> {
  let set = sets.get(key);
  if (!set) sets.set(key, (set = new Set()));
  return set;
}
