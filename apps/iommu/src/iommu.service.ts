import type { ControlVerbs, IommuProgress, ResolvedDevice, ResolvedScenario } from '@faultline/contracts';
import { ServicePorts, UnitService } from '@faultline/runtime';
import { Injectable } from '@nestjs/common';
import { IommuUnit } from './iommu-unit';

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
    const [found, unit] = this.locate(device);
    await unit.attach(found);
  }

  async bind(binding: ControlVerbs['iommu.bind']['request']): Promise<void> {
    const [, unit] = this.locate(binding.device);
    await unit.bind(binding);
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

  private locate(device: number): [ResolvedDevice, IommuUnit] {
    const found = this.devices.find((each) => each.device === device);
    const unit = found && this.units.get(found.iommu);
    if (!found || !unit) throw new UnknownDevice(device);
    return [found, unit];
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
