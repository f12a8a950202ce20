import { type InvalidatePages, invalidateSchema, type ResolvedScenario } from '@faultline/contracts';
import type { PageRemoved, RemovedEntry } from '@faultline/domain';
import { LaneClient, type ServicePorts } from '@faultline/runtime';

/**
 * Takes removed pages out of every translation cache (D3, R122): asks all IOMMUs that may translate for the PASID, and reports
 * the entries when the last of them has completed. Page requests never stand in its way: the lanes are its own (D11).
 */
export class Invalidator {
  private readonly lanes = new Map<number, LaneClient<InvalidatePages>>();
  private readonly iommusOf = new Map<number, number[]>();
  private readonly pasidOf = new Map<number, number>();
  private removed: PageRemoved[] = [];

  constructor(
    ports: ServicePorts,
    scenario: ResolvedScenario,
    private readonly shard: number,
    sender: { unit: string; epoch: number },
    private readonly completed: (entries: readonly RemovedEntry[]) => void,
  ) {
    for (const { iommu } of scenario.iommus) {
      this.lanes.set(
        iommu,
        new LaneClient(ports, {
          subject: ports.subjects.invalidateIommu(iommu),
          schema: invalidateSchema,
          sender,
        }),
      );
    }
    for (const device of scenario.devices) {
      for (const { pasid } of device.workloads) {
        const iommus = this.iommusOf.get(pasid) ?? [];
        if (!iommus.includes(device.iommu)) iommus.push(device.iommu);
        this.iommusOf.set(pasid, iommus);
      }
    }
  }

  /** The PASID names the mm: invalidations of its pages go by it. */
  bound(mm: number, pasid: number): void {
    this.pasidOf.set(mm, pasid);
  }

  /** An entry was removed; `send` takes it along. */
  add(entry: PageRemoved): void {
    this.removed.push(entry);
  }

  /** Asks for everything added since, with the position of the removal in the log (D3). */
  send(sequence: number): void {
    if (this.removed.length === 0) return;
    const byMm = new Map<number, PageRemoved[]>();
    for (const entry of this.removed) {
      const entries = byMm.get(entry.mm);
      if (entries) entries.push(entry);
      else byMm.set(entry.mm, [entry]);
    }
    this.removed = [];
    for (const [mm, entries] of byMm) void this.invalidate(mm, entries, sequence);
  }

  close(): void {
    for (const lane of this.lanes.values()) lane.close();
  }

  private async invalidate(mm: number, entries: PageRemoved[], sequence: number): Promise<void> {
    const pasid = this.pasidOf.get(mm);
    const iommus = pasid === undefined ? [] : (this.iommusOf.get(pasid) ?? []);
    if (pasid !== undefined) {
      const ranges = entries.map(({ page }) => ({ page, pages: 1 }));
      const order: InvalidatePages = {
        kind: 'InvalidatePages',
        pasid,
        mm,
        shard: this.shard,
        sequence,
        ranges,
      };
      await Promise.all(iommus.map((iommu) => this.laneTo(iommu).request(order)));
    }
    this.completed(entries);
  }

  private laneTo(iommu: number): LaneClient<InvalidatePages> {
    const lane = this.lanes.get(iommu);
    if (!lane) throw new Error(`IOMMU ${iommu} is not part of the scenario`);
    return lane;
  }
}
