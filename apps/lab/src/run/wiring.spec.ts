import type { ResolvedScenario } from '@faultline/contracts';
import type { ControlPlane } from './control-plane';
import { wireUp } from './wiring';

test('wiring up follows R91: address spaces, then fault handlers, then PASID entries with the generation the mm gave', async () => {
  const asked: unknown[] = [];
  const control = {
    ask: (verb: string, request: { mm?: number; pasid?: number; device?: number }) => {
      asked.push(verb === 'mm-handler.create' ? [verb, request.mm] : [verb, request]);
      if (verb === 'mm-handler.create') return Promise.resolve({ mm: request.mm });
      if (verb === 'mm-handler.bind')
        return Promise.resolve({ generation: 10 + (request.pasid ?? 0), shard: 0 });
      return Promise.resolve({});
    },
  } as unknown as ControlPlane;
  const scenario = {
    processes: [
      { mm: 0, pasid: 1 },
      { mm: 1, pasid: 2 },
    ],
    devices: [
      { device: 0, workloads: [{ pasid: 2 }, { pasid: 2 }] },
      { device: 1, workloads: [{ pasid: 1 }, { pasid: 2 }] },
    ],
  } as unknown as ResolvedScenario;

  await wireUp(control, scenario);

  expect(asked).toEqual([
    ['mm-handler.create', 0],
    ['mm-handler.bind', { mm: 0, pasid: 1 }],
    ['mm-handler.create', 1],
    ['mm-handler.bind', { mm: 1, pasid: 2 }],
    ['iommu.attach', { device: 0 }],
    ['iommu.attach', { device: 1 }],
    ['iommu.bind', { device: 0, mm: 1, pasid: 2, shard: 0, generation: 12 }],
    ['iommu.bind', { device: 1, mm: 0, pasid: 1, shard: 0, generation: 11 }],
    ['iommu.bind', { device: 1, mm: 1, pasid: 2, shard: 0, generation: 12 }],
  ]);
});
