import {
  invalidateSchema,
  type InvalidatePages,
  type ResolvedIommu,
  type Sender,
} from '@faultline/contracts';
import { type AnyIommuEvent, canInvalidate, type IommuCommand, type IommuState } from '@faultline/domain';
import { type ClockPort, UnitClosed, type UnitHost } from '@faultline/hosting';
import type { Fences } from './fences';
import type { SegmentLink } from './segment-link';

/** What waits until the replica has folded so much of a shard's log (D3). */
interface Waiting {
  shard: number;
  sequence: number;
  proceed(): void;
  abandon(error: Error): void;
}

/** Takes translations out of the IOTLB and of the devices' caches, in this order (R122). */
export class Invalidations {
  private readonly waiting: Waiting[] = [];
  private closed = false;

  constructor(
    private readonly host: UnitHost<IommuState, IommuCommand, AnyIommuEvent>,
    private readonly iommu: ResolvedIommu,
    private readonly link: SegmentLink,
    private readonly fences: Fences,
    private readonly clock: ClockPort,
    /** Wall microseconds a device has to complete an invalidation; 0 for any time. */
    private readonly deadlineMicros: number,
    private readonly sender: Sender,
  ) {}

  /**
   * What a shard asks: replica, IOTLB, ATC, completion (D3). The reply is the completion, and only the newest owner's counts: a
   * successor that the log does not show yet reads the removal before it translates, one that it shows need not have read it (D4).
   */
  async serve(records: ReturnType<typeof invalidateSchema.decode>): Promise<Uint8Array> {
    const orders = records.filter((record) => record.kind === 'InvalidatePages');
    await this.host.asOwner(async () => {
      // Most replicas are there already, and to wait for nothing costs a promise for each order.
      for (const { shard, sequence } of orders)
        if (!canInvalidate(this.host.state, shard, sequence)) await this.replicaAt(shard, sequence);
      for (const { mm, ranges } of orders) {
        for (const { page, pages } of ranges) this.host.perform({ kind: 'InvalidateIotlb', mm, page, pages });
      }
      await this.dropFromDevices(orders);
    });
    return invalidateSchema.encode([this.sender]);
  }

  /** Nobody waits for the replica any longer: it goes no further. */
  close(): void {
    this.closed = true;
    for (const { abandon } of this.waiting.splice(0)) abandon(new UnitClosed());
  }

  /** The replica of a shard's page tables went on: what waited for it goes on too. */
  reached(): void {
    for (let place = this.waiting.length - 1; place >= 0; place -= 1) {
      const waiting = this.waiting[place];
      if (!waiting || !canInvalidate(this.host.state, waiting.shard, waiting.sequence)) continue;
      this.waiting.splice(place, 1);
      waiting.proceed();
    }
  }

  /**
   * Resolves when no device holds the translations any more. One that stays silent is cut off after the deadline: it can use
   * nothing until its reset, which empties its cache (D11, R62).
   */
  async dropFromDevices(orders: readonly InvalidatePages[]): Promise<void> {
    const { mark } = this.fences;
    const silent = await this.askDevices(orders);
    if (silent.length > 0) await Promise.all(silent.map((device) => this.outwait(device, mark)));
  }

  /**
   * Asks the devices once; resolves with those that did not answer. Masters behind a stalling IOMMU have no cache of their own. What the
   * owner before lets through counts until they have heard of this one (D4).
   */
  async askDevices(orders: readonly InvalidatePages[]): Promise<readonly number[]> {
    if (this.iommu.model === 'pri') return this.link.invalidate(orders);
    await this.link.greet();
    return [];
  }

  /** A device that was detached holds nothing that anybody could use: to say so in the log is all that is left. */
  private async outwait(device: number, mark: number): Promise<void> {
    const isThere = this.host.state.durable.devices.get(device)?.attached === true;
    if (!isThere) return this.fences.fence(device, 'invalidation-timeout');
    let cancel: (() => void) | undefined;
    const expired = new Promise<void>((resolve) => {
      if (this.deadlineMicros <= 0) return;
      // A unit that fails ends its service, and nobody waits for it any more.
      const fence = (): void =>
        void this.fences.fence(device, 'invalidation-timeout').then(resolve, () => undefined);
      cancel = this.clock.after(this.deadlineMicros, fence);
    });
    try {
      await Promise.race([this.fences.emptied(device, mark), expired]);
    } finally {
      cancel?.();
    }
  }

  /** Resolves when the replica has folded so much of the shard's log. Rejects with `UnitClosed` when the unit is lost first. */
  async replicaAt(shard: number, sequence: number): Promise<void> {
    if (canInvalidate(this.host.state, shard, sequence)) return;
    if (this.closed) throw new UnitClosed();
    await new Promise<void>((proceed, abandon) => this.waiting.push({ shard, sequence, proceed, abandon }));
  }
}
