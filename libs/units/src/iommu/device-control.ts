import {
  type ControlVerbs,
  type DeadlineScale,
  deadlineWallMicros,
  type ResolvedDevice,
  type ResolvedIommu,
} from '@faultline/contracts';
import type { AnyIommuEvent, IommuCommand, IommuState } from '@faultline/domain';
import type { UnitHost } from '@faultline/hosting';
import type { Fences } from './fences';
import type { Invalidations } from './invalidations';
import type { TeardownDriver, TeardownReport } from './teardown-driver';

type Binding = ControlVerbs['iommu.bind']['request'];

/** What the laboratory asks of one IOMMU, as the operating system and the drivers would. Each resolves when it is in effect. */
export class DeviceControl {
  constructor(
    private readonly host: UnitHost<IommuState, IommuCommand, AnyIommuEvent>,
    private readonly iommu: ResolvedIommu,
    private readonly scale: DeadlineScale,
    private readonly teardowns: TeardownDriver,
    private readonly fences: Fences,
    private readonly invalidations: Invalidations,
  ) {}

  async attach({
    device,
    segment,
    responsePasidRequired,
    responseTimeoutMicros,
    hasHandler,
  }: ResolvedDevice): Promise<void> {
    await this.host.settle([
      {
        kind: 'AttachDevice',
        device,
        segment,
        model: this.iommu.model,
        responsePasidRequired,
        responseTimeoutMicros: deadlineWallMicros(responseTimeoutMicros, this.scale),
        hasHandler,
      },
    ]);
  }

  /** Rejects while an older use of the PASID is not over (R102). */
  async bind({ device, pasid, mm, shard, generation }: Binding): Promise<void> {
    await this.host.settle([{ kind: 'BindPasid', device, pasid, mm, shard, generation }]);
  }

  unbind(device: number, pasid: number): Promise<TeardownReport> {
    return this.teardowns.run(device, pasid, 'unbind');
  }

  /** Orderly removal: first its bindings, one beside the other, then the device (R103). */
  async remove(device: number): Promise<{ forced: boolean }> {
    const bound = this.host.state.durable.devices.get(device)?.bindings ?? new Map<number, unknown>();
    const reports = await Promise.all(
      [...bound.keys()].map((pasid) => this.teardowns.run(device, pasid, 'remove')),
    );
    await this.detach(device);
    return { forced: reports.some(({ forced }) => forced) };
  }

  /** The device is gone (R104). */
  async detach(device: number): Promise<void> {
    await this.host.settle([{ kind: 'DetachDevice', device }]);
  }

  /** Cuts the device off and waits for the reset that this causes. */
  async reset(device: number): Promise<void> {
    await this.fences.fence(device, 'requested');
    await this.fences.cleared(device);
  }

  /** The old domain's translations leave the device's cache before anybody may take its pages (R105). */
  async replace({ device, pasid, mm, shard, generation }: Binding): Promise<void> {
    await this.host.settle([{ kind: 'ReplaceBinding', device, pasid, mm, shard, generation }]);
    const ranges = [{ page: 0, pages: 0 }];
    await this.invalidations.dropFromDevices([
      { kind: 'InvalidatePages', device, pasid, mm, shard, sequence: 0, ranges },
    ]);
  }

  async freeQueue(): Promise<void> {
    await this.host.settle([{ kind: 'FreeQueue' }]);
  }

  async allocQueue(): Promise<void> {
    await this.host.settle([{ kind: 'AllocQueue' }]);
  }
}
