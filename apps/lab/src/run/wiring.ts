import type { ResolvedScenario } from '@faultline/contracts';
import type { ControlPlane } from './control-plane';

/** What a device translates through: which PASID, and the binding the mm made of it. */
interface Binding {
  mm: number;
  pasid: number;
  shard: number;
  generation: number;
}

/**
 * Brings a laboratory to the point where devices may start. The order is that of the kernel (R91): address spaces and their PASIDs
 * first, then the devices' fault handlers, and only then PASID entries, so that no fault finds half a way.
 */
export async function wireUp(control: ControlPlane, scenario: ResolvedScenario): Promise<void> {
  const bindings = new Map<number, Binding>();
  for (const process of scenario.processes) {
    const { mm } = await control.ask('mm-handler.create', process);
    const { generation, shard } = await control.ask('mm-handler.bind', { mm, pasid: process.pasid });
    bindings.set(process.pasid, { mm, pasid: process.pasid, shard, generation });
  }
  for (const { device } of scenario.devices) await control.ask('iommu.attach', { device });
  for (const { device, workloads } of scenario.devices) {
    for (const pasid of new Set(workloads.map((workload) => workload.pasid))) {
      const binding = bindings.get(pasid);
      if (!binding) throw new Error(`device ${device} uses PASID ${pasid}, which no process has`);
      await control.ask('iommu.bind', { device, ...binding });
    }
  }
}
