import { type DeviceProgress, type ResolvedScenario, segmentUnit } from '@faultline/contracts';
import { ServicePorts, UnitOwnerService } from '@faultline/runtime';
import { Injectable } from '@nestjs/common';
import { SegmentUnit } from './segment-unit';

/** The device segments of this instance. */
@Injectable()
export class DeviceEmulatorService extends UnitOwnerService<SegmentUnit> {
  constructor(ports: ServicePorts) {
    super(ports);
  }

  namesOf(scenario: ResolvedScenario): string[] {
    return scenario.iommus.map(({ segment }) => segmentUnit(segment));
  }

  protected make(name: string, scenario: ResolvedScenario, onFailure: (error: Error) => void): SegmentUnit {
    const iommu = scenario.iommus.find(({ segment }) => segmentUnit(segment) === name);
    if (!iommu) throw new Error(`the scenario has no unit ${name}`);
    return new SegmentUnit(this.ports, scenario, iommu, onFailure);
  }

  /** The workloads of processes that are there from the beginning begin. */
  async begin(unit: string): Promise<void> {
    await this.unit(unit).begin();
  }

  /** No more accesses are issued; those under way end as usual. */
  async halt(unit: string): Promise<void> {
    await this.unit(unit).halt();
  }

  /** The workloads of a process that starts now begin. */
  async startProcess(unit: string, mm: number): Promise<void> {
    await this.unit(unit).startProcess(mm);
  }

  /** The device hangs until its reset. */
  async hang(device: number): Promise<void> {
    await this.unitAsked('device-emulator.hang', { device }).hang(device);
  }

  /** The device vanishes (R104). */
  async remove(device: number): Promise<void> {
    await this.unitAsked('device-emulator.remove', { device }).remove(device);
  }

  /** How far the devices of a segment are. */
  progress(unit: string): DeviceProgress {
    return this.unit(unit).progress();
  }
}
