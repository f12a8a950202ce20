import type { DeviceProgress, ResolvedScenario } from '@faultline/contracts';
import { ServicePorts, UnitService } from '@faultline/runtime';
import { Injectable } from '@nestjs/common';
import { SegmentUnit } from './segment-unit';

/** The device segments of this instance. */
@Injectable()
export class DeviceEmulatorService extends UnitService {
  private units: SegmentUnit[] = [];

  constructor(private readonly ports: ServicePorts) {
    super();
  }

  async start(scenario: ResolvedScenario): Promise<string[]> {
    this.units = scenario.iommus.map((iommu) => new SegmentUnit(this.ports, scenario, iommu));
    for (const unit of this.units) await unit.start();
    return this.units.map((unit) => unit.name);
  }

  async stop(): Promise<void> {
    await Promise.all(this.units.map((unit) => unit.stop()));
  }

  /** The workloads of processes that are there from the beginning begin. */
  begin(): void {
    for (const unit of this.units) unit.begin();
  }

  /** No more accesses are issued; those under way end as usual. */
  halt(): void {
    for (const unit of this.units) unit.halt();
  }

  /** The workloads of a process that starts now begin. */
  async startProcess(mm: number): Promise<void> {
    await Promise.all(this.units.map((unit) => unit.startProcess(mm)));
  }

  /** The device hangs until its reset. */
  async hang(device: number): Promise<void> {
    await this.unitOf(device).hang(device);
  }

  /** The device vanishes (R104). */
  async remove(device: number): Promise<void> {
    await this.unitOf(device).remove(device);
  }

  private unitOf(device: number): SegmentUnit {
    const unit = this.units.find((each) => each.hasDevice(device));
    if (!unit) throw new UnknownDevice(device);
    return unit;
  }

  progress(): DeviceProgress {
    const sum: DeviceProgress = {
      total: 0,
      issued: 0,
      ended: 0,
      withdrawn: 0,
      requests: 0,
      faulted: 0,
      finished: true,
    };
    for (const unit of this.units) {
      const one = unit.progress();
      sum.total += one.total;
      sum.issued += one.issued;
      sum.ended += one.ended;
      sum.withdrawn += one.withdrawn;
      sum.requests += one.requests;
      sum.faulted += one.faulted;
      sum.finished &&= one.finished;
    }
    return sum;
  }
}

/** A control request named a device that no segment here has. */
export class UnknownDevice extends Error {
  constructor(readonly device: number) {
    super(`device ${device} is in no segment of this instance; expected a device of the running scenario`);
    this.name = 'UnknownDevice';
  }
}
