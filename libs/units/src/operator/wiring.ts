import {
  type BoundPasid,
  processOf,
  type ResolvedProcess,
  type ResolvedScenario,
} from '@faultline/contracts';
import type { Asker } from './asker';

/** A PASID that names an address space, and the devices that translate through it. */
interface Binding extends BoundPasid {
  mm: number;
  pasid: number;
  devices: Set<number>;
}

/**
 * Who is bound to what, as the operating system and the drivers know it: every binding is made and undone here. The order is that of
 * the kernel (R91): an address space and its PASID first, then the devices' fault handlers, and only then PASID entries, so that no
 * fault finds half a way.
 */
export class Wiring {
  private readonly bindings = new Map<number, Binding>();
  private readonly devices = new Set<number>();

  constructor(
    private readonly control: Asker,
    private readonly scenario: Pick<ResolvedScenario, 'processes' | 'devices'>,
  ) {}

  /** Brings a laboratory to the point where the devices of the processes that start at the beginning may start. */
  async wireUp(): Promise<void> {
    for (const process of this.scenario.processes) if (process.starts === 'begin') await this.create(process);
    for (const { device } of this.scenario.devices) await this.attach(device);
    for (const { device, workloads } of this.scenario.devices) {
      for (const mm of new Set(workloads.map((workload) => workload.mm))) {
        const process = processOf(this.scenario, mm);
        if (process?.starts === 'begin') await this.bind(device, process.pasid);
      }
    }
  }

  /** A process comes while others run. */
  async start(mm: number): Promise<void> {
    const process = this.processOf(mm);
    await this.create(process);
    for (const { device, workloads } of this.scenario.devices) {
      const uses = workloads.some((workload) => workload.mm === mm);
      if (uses && this.devices.has(device)) await this.bind(device, process.pasid);
    }
  }

  /** Devices that translate through the PASID. */
  devicesOf(pasid: number): number[] {
    return [...(this.bindings.get(pasid)?.devices ?? [])];
  }

  /** PASIDs a device translates through. */
  pasidsOf(device: number): number[] {
    return [...this.bindings.values()].filter(({ devices }) => devices.has(device)).map(({ pasid }) => pasid);
  }

  /** The PASID names nothing any more. */
  forgetPasid(pasid: number): void {
    this.bindings.delete(pasid);
  }

  /** The device is gone, and its bindings with it. */
  forgetDevice(device: number): void {
    this.devices.delete(device);
    for (const { devices } of this.bindings.values()) devices.delete(device);
  }

  /** Another process takes the PASID over, at every device that uses it: the new binding comes first (R105). */
  async replace(pasid: number, byMm: number): Promise<void> {
    await this.control.ask('mm-handler.create', this.processOf(byMm));
    const bound = await this.control.ask('mm-handler.rebind', { mm: byMm, pasid });
    const binding = this.bindingOf(pasid);
    Object.assign(binding, { mm: byMm, ...bound });
    for (const device of binding.devices)
      await this.control.ask('iommu.replace', this.entry(device, binding));
  }

  private async create(process: ResolvedProcess): Promise<void> {
    const { mm } = await this.control.ask('mm-handler.create', process);
    const { pasid } = process;
    const { generation, shard } = await this.control.ask('mm-handler.bind', { mm, pasid });
    this.bindings.set(pasid, { mm, pasid, shard, generation, devices: new Set() });
  }

  private async attach(device: number): Promise<void> {
    await this.control.ask('iommu.attach', { device });
    this.devices.add(device);
  }

  private async bind(device: number, pasid: number): Promise<void> {
    const binding = this.bindingOf(pasid);
    await this.control.ask('iommu.bind', this.entry(device, binding));
    binding.devices.add(device);
  }

  private entry(device: number, { mm, pasid, shard, generation }: Binding) {
    return { device, mm, pasid, shard, generation };
  }

  private bindingOf(pasid: number): Binding {
    const binding = this.bindings.get(pasid);
    if (!binding) throw new Error(`PASID ${pasid} is bound to no process`);
    return binding;
  }

  private processOf(mm: number): ResolvedProcess {
    const process = processOf(this.scenario, mm);
    if (!process) throw new Error(`address space ${mm} is not part of the scenario`);
    return process;
  }
}
