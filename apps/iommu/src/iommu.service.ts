import {
  type ControlVerbs,
  type DeviceBinding,
  type IommuProgress,
  iommuUnit,
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
    const control = this.control('iommu.attach', { device });
    const found = this.scenario.devices.find((each) => each.device === device);
    if (found) await control.attach(found);
  }

  async bind(binding: DeviceBinding): Promise<void> {
    await this.control('iommu.bind', binding).bind(binding);
  }

  unbind(device: number, pasid: number): Promise<TeardownReport> {
    return this.control('iommu.unbind', { device }).unbind(device, pasid);
  }

  remove(device: number): Promise<{ forced: boolean }> {
    return this.control('iommu.remove', { device }).remove(device);
  }

  async detach(device: number): Promise<void> {
    await this.control('iommu.detach', { device }).detach(device);
  }

  async reset(device: number): Promise<void> {
    await this.control('iommu.reset', { device }).reset(device);
  }

  async replace(binding: DeviceBinding): Promise<void> {
    await this.control('iommu.replace', binding).replace(binding);
  }

  async freeQueue(iommu: number): Promise<void> {
    await this.control('iommu.free-queue', { iommu }).freeQueue();
  }

  async allocQueue(iommu: number): Promise<void> {
    await this.control('iommu.alloc-queue', { iommu }).allocQueue();
  }

  /** How far one IOMMU is. */
  progress(unit: string): IommuProgress {
    return this.unit(unit).progress();
  }

  private control(verb: keyof ControlVerbs, request: object): DeviceControl {
    return this.unitAsked(verb, request).control;
  }
}
