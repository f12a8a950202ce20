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

  /** The workloads begin. */
  begin(): void {
    for (const unit of this.units) unit.begin();
  }

  /** No more accesses are issued; those under way end as usual. */
  halt(): void {
    for (const unit of this.units) unit.halt();
  }

  progress(): DeviceProgress {
    const sum: DeviceProgress = { total: 0, issued: 0, ended: 0, requests: 0, faulted: 0, finished: true };
    for (const unit of this.units) {
      const one = unit.progress();
      sum.total += one.total;
      sum.issued += one.issued;
      sum.ended += one.ended;
      sum.requests += one.requests;
      sum.faulted += one.faulted;
      sum.finished &&= one.finished;
    }
    return sum;
  }
}
