import {
  type DeviceBinding,
  type IommuProgress,
  iommuUnit,
  type ResolvedDevice,
  type ResolvedScenario,
} from '@faultline/contracts';
import { ServicePorts, UnitOwnerService } from '@faultline/runtime';
import { Injectable } from '@nestjs/common';
import type { DeviceControl } from './device-control';
import { IommuUnit } from './iommu-unit';
import type { TeardownReport } from './teardown-driver';

/** The IOMMUs of this instance. */
@Injectable()
export class IommuService extends UnitOwnerService<IommuUnit> {
  constructor(ports: ServicePorts) {
    super(ports);
  }

  namesOf(scenario: ResolvedScenario): string[] {
    return scenario.iommus.map(({ iommu }) => iommuUnit(iommu));
  }

  protected make(name: string, scenario: ResolvedScenario, onFailure: (error: Error) => void): IommuUnit {
    const iommu = scenario.iommus.find((each) => iommuUnit(each.iommu) === name);
    if (!iommu) throw new Error(`the scenario has no unit ${name}`);
    return new IommuUnit(this.ports, scenario, iommu, onFailure);
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
    await this.unit(iommuUnit(iommu)).control.freeQueue();
  }

  async allocQueue(iommu: number): Promise<void> {
    await this.unit(iommuUnit(iommu)).control.allocQueue();
  }

  /** How far one IOMMU is. */
  progress(unit: string): IommuProgress {
    return this.unit(unit).progress();
  }

  private locate(device: number): [ResolvedDevice, DeviceControl] {
    const found = this.scenario.devices.find((each) => each.device === device);
    if (!found) throw new UnknownDevice(device);
    return [found, this.unit(iommuUnit(found.iommu)).control];
  }
}

/** A control request named a device that the scenario does not have. */
export class UnknownDevice extends Error {
  constructor(readonly device: number) {
    super(`device ${device} is not behind any IOMMU; expected a device of the running scenario`);
    this.name = 'UnknownDevice';
  }
}
