import {
  invalidateSchema,
  type InvalidatePages,
  type ResolvedIommu,
  stopSchema,
  type StopPasidRequest,
} from '@faultline/contracts';
import { EVERY_DEVICE } from '@faultline/domain';
import { LaneClient, type PeerEpoch, type UnitPorts } from '../common';

/** Stop requests under way at once: each may wait for long, so each goes alone. */
const STOPS_UNDER_WAY = 256;

/** What an IOMMU asks of the devices behind it: to drop translations, and to stop their work for a PASID. */
export class SegmentLink {
  // Page requests and invalidations travel apart, so that an invalidation never waits behind page requests (D11).
  private readonly invalidations: LaneClient<
    InvalidatePages,
    ReturnType<typeof invalidateSchema.decode>[number]
  >;
  private readonly stops: LaneClient<StopPasidRequest, ReturnType<typeof stopSchema.decode>[number]>;
  private readonly silent = new WeakMap<InvalidatePages, readonly number[]>();
  private readonly stopped = new WeakSet<StopPasidRequest>();
  private greeted: Promise<void> | undefined;

  constructor(
    ports: UnitPorts,
    iommu: ResolvedIommu,
    private readonly sender: { unit: string; epoch: number },
    /** Owners of the segment, as far as anything was heard of them: what a deposed one has done counts for nothing. */
    peer: PeerEpoch,
  ) {
    this.invalidations = new LaneClient(ports, {
      subject: ports.subjects.invalidateSegment(iommu.segment),
      schema: invalidateSchema,
      sender,
      peer,
      onReply: (reply, batch) => {
        const silent = reply.flatMap((record) => (record.kind === 'DeviceSilent' ? [record.device] : []));
        if (silent.length === 0) return;
        for (const order of batch)
          this.silent.set(
            order,
            silent.filter((device) => order.device === EVERY_DEVICE || order.device === device),
          );
      },
    });
    this.stops = new LaneClient(ports, {
      subject: ports.subjects.stopSegment(iommu.segment),
      schema: stopSchema,
      sender,
      peer,
      maxBatch: 1,
      window: STOPS_UNDER_WAY,
      onReply: (reply, batch) => {
        if (reply.some(({ kind }) => kind === 'PasidStoppedReply'))
          for (const each of batch) this.stopped.add(each);
      },
    });
  }

  /** Resolves when the segment has heard of this owner, and takes nothing any more that one before it says. */
  greet(): Promise<void> {
    this.greeted ??= this.sender.epoch === 1 ? Promise.resolve() : this.invalidations.greet();
    return this.greeted;
  }

  /** Drops translations from the devices' caches. Resolves with the devices that did not complete it, each once. */
  async invalidate(orders: readonly InvalidatePages[]): Promise<readonly number[]> {
    await this.invalidations.requestAll(orders);
    const silent = new Set<number>();
    for (const order of orders) for (const device of this.silent.get(order) ?? []) silent.add(device);
    return [...silent];
  }

  /** Asks a device to stop its work for a PASID. Resolves when it has, with false when its segment goes out of service first. */
  async stopPasid(device: number, pasid: number): Promise<boolean> {
    const request: StopPasidRequest = { kind: 'StopPasidRequest', device, pasid };
    await this.stops.request(request);
    return this.stopped.has(request);
  }

  close(): void {
    this.invalidations.close();
    this.stops.close();
  }
}
