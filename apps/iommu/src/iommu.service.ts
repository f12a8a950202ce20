import type { DeviceBinding, IommuProgress, ResolvedDevice, ResolvedScenario } from '@faultline/contracts';
import { ServicePorts, UnitService } from '@faultline/runtime';
import { Injectable } from '@nestjs/common';
import type { DeviceControl } from './device-control';
import { IommuUnit } from './iommu-unit';
import type { TeardownReport } from './teardown-driver';

/** The IOMMUs of this instance. */
@Injectable()
export class IommuService extends UnitService {
  private readonly units = new Map<number, IommuUnit>();
  private devices: ResolvedDevice[] = [];

  constructor(private readonly ports: ServicePorts) {
    super();
  }

  async start(scenario: ResolvedScenario): Promise<string[]> {
    this.devices = scenario.devices;
    for (const iommu of scenario.iommus) {
      const unit = new IommuUnit(this.ports, scenario, iommu);
      this.units.set(iommu.iommu, unit);
      await unit.start();
    }
    return [...this.units.values()].map((unit) => unit.name);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.units.values()].map((unit) => unit.stop()));
  }

  async attach(device: number): Promise<void> {
    const [found, control] = this.locate(device);
    await control.attach(found);
  }

  async bind(binding: DeviceBinding): Promise<void> {
    await this.locate(binding.device)[1].bind(binding);
  }

  unbind(device: number, pasid: number): Promise<TeardownReport> {
    return this.locate(device)[1].unbind(device, pasid);
  }

  remove(device: number): Promise<{ forced: boolean }> {
    return this.locate(device)[1].remove(device);
  }

  async detach(device: number): Promise<void> {
    await this.locate(device)[1].detach(device);
  }

  async reset(device: number): Promise<void> {
    await this.locate(device)[1].reset(device);
  }

  async replace(binding: DeviceBinding): Promise<void> {
    await this.locate(binding.device)[1].replace(binding);
  }

  async freeQueue(iommu: number): Promise<void> {
    await this.unit(iommu).freeQueue();
  }

  async allocQueue(iommu: number): Promise<void> {
    await this.unit(iommu).allocQueue();
  }

  progress(): IommuProgress {
    const total: IommuProgress = {
      pendingGroups: 0,
      ringRecords: 0,
      openStalls: 0,
      overflows: 0,
      drained: true,
    };
    for (const unit of this.units.values()) {
      const one = unit.progress();
      total.pendingGroups += one.pendingGroups;
      total.ringRecords += one.ringRecords;
      total.openStalls += one.openStalls;
      total.overflows += one.overflows;
      total.drained &&= one.drained;
    }
    return total;
  }

  private locate(device: number): [ResolvedDevice, DeviceControl] {
    const found = this.devices.find((each) => each.device === device);
    const unit = found && this.units.get(found.iommu);
    if (!found || !unit) throw new UnknownDevice(device);
    return [found, unit.control];
  }

  private unit(iommu: number): DeviceControl {
    const unit = this.units.get(iommu);
    if (!unit) throw new UnknownIommu(iommu);
    return unit.control;
  }
}

/** A control request named a device that no IOMMU here has. */
export class UnknownDevice extends Error {
  constructor(readonly device: number) {
    super(
      `device ${device} is not behind an IOMMU of this instance; expected a device of the running scenario`,
    );
    this.name = 'UnknownDevice';
  }
}

/** A control request named an IOMMU that is not here. */
export class UnknownIommu extends Error {
  constructor(readonly iommu: number) {
    super(`IOMMU ${iommu} is not in this instance; expected an IOMMU of the running scenario`);
    this.name = 'UnknownIommu';
  }
}
