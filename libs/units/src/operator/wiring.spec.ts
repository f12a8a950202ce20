import type { ResolvedScenario } from '@faultline/contracts';
import { askedControl } from './asked.testkit';
import { Wiring } from './wiring';

const scenario = {
  processes: [
    { mm: 0, pasid: 1, starts: 'begin' },
    { mm: 1, pasid: 2, starts: 'begin' },
    { mm: 2, pasid: 3, starts: 'timeline' },
    { mm: 3, pasid: 2, starts: 'timeline' },
  ],
  devices: [
    { device: 0, workloads: [{ mm: 1 }, { mm: 1 }, { mm: 2 }] },
    { device: 1, workloads: [{ mm: 0 }, { mm: 1 }] },
  ],
} as unknown as ResolvedScenario;

describe('R91 bindings come in the kernel’s order', () => {
  test('address spaces, then fault handlers, then PASID entries with the generation the mm gave', async () => {
    const { asked, control } = askedControl();
    await new Wiring(control, scenario).wireUp();
    expect(asked).toEqual([
      ['mm-handler.create', scenario.processes[0]],
      ['mm-handler.bind', { mm: 0, pasid: 1 }],
      ['mm-handler.create', scenario.processes[1]],
      ['mm-handler.bind', { mm: 1, pasid: 2 }],
      ['iommu.attach', { device: 0 }],
      ['iommu.attach', { device: 1 }],
      ['iommu.bind', { device: 0, mm: 1, pasid: 2, shard: 0, generation: 12 }],
      ['iommu.bind', { device: 1, mm: 0, pasid: 1, shard: 0, generation: 11 }],
      ['iommu.bind', { device: 1, mm: 1, pasid: 2, shard: 0, generation: 12 }],
    ]);
  });

  test('a process that comes later is bound in the same order, and only at devices that are still there', async () => {
    const { asked, control } = askedControl();
    const wiring = new Wiring(control, scenario);
    await wiring.wireUp();
    asked.length = 0;
    await wiring.start(2);
    expect(asked).toEqual([
      ['mm-handler.create', scenario.processes[2]],
      ['mm-handler.bind', { mm: 2, pasid: 3 }],
      ['iommu.bind', { device: 0, mm: 2, pasid: 3, shard: 0, generation: 13 }],
    ]);
    expect(wiring.pasidsOf(0)).toEqual([2, 3]);
    wiring.forgetDevice(0);
    expect([wiring.devicesOf(3), wiring.devicesOf(2), wiring.pasidsOf(0)]).toEqual([[], [1], []]);
    wiring.forgetPasid(3);
    asked.length = 0;
    await wiring.start(2);
    expect(asked.map(([verb]) => verb)).toEqual(['mm-handler.create', 'mm-handler.bind']);
  });

  test('R105 another domain is made and bound first, then every device that has the PASID changes to it', async () => {
    const { asked, control } = askedControl();
    const wiring = new Wiring(control, scenario);
    await wiring.wireUp();
    asked.length = 0;
    await wiring.replace(2, 3);
    expect(asked).toEqual([
      ['mm-handler.create', scenario.processes[3]],
      ['mm-handler.rebind', { mm: 3, pasid: 2 }],
      ['iommu.replace', { device: 0, mm: 3, pasid: 2, shard: 0, generation: 22 }],
      ['iommu.replace', { device: 1, mm: 3, pasid: 2, shard: 0, generation: 22 }],
    ]);
  });
});
