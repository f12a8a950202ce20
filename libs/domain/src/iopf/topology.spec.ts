import fc from 'fast-check';
import { createRouter, parseTopology, queuesOf, type Topology, UNBOUND_MM } from './topology';

const topologies: Topology[] = ['global', 'per-iommu', 'per-fault-queue', 'per-domain', 'hash:1', 'hash:7'];
const facts = { iommus: [0, 1, 2], mms: [4, 5] };

describe('topologies', () => {
  it.each(topologies)('R135 %s names only queues that are listed beforehand, as NATS tokens', (topology) => {
    const listed = queuesOf(topology, facts);
    expect(new Set(listed).size).toBe(listed.length);
    for (const name of listed) expect(name).toMatch(/^[a-z0-9-]+$/);
    fc.assert(
      fc.property(
        fc.constantFrom(...facts.iommus),
        fc.nat(),
        fc.constantFrom('pri' as const, 'stall' as const),
        fc.constantFrom(...facts.mms, UNBOUND_MM),
        (iommu, device, model, mm) => {
          expect(listed).toContain(createRouter(topology, iommu)(device, model, mm));
        },
      ),
    );
  });

  it('separates what the topology says', () => {
    expect(queuesOf('per-fault-queue', { iommus: [3], mms: [] })).toEqual(['iommu-3-pri', 'iommu-3-event']);
    expect(createRouter('per-fault-queue', 3)(1, 'stall', 0)).toBe('iommu-3-event');
    expect(createRouter('per-fault-queue', 3)(1, 'pri', 0)).toBe('iommu-3-pri');
    expect(queuesOf('per-domain', facts)).toEqual(['mm-4', 'mm-5', 'mm-none']);
    expect(createRouter('per-domain', 3)(1, 'pri', 5)).toBe('mm-5');
    expect(createRouter('per-domain', 3)(1, 'pri', UNBOUND_MM)).toBe('mm-none');
    expect(createRouter('global', 3)(1, 'pri', 5)).toBe('global');
    expect(createRouter('per-iommu', 3)(1, 'pri', 5)).toBe('iommu-3');
  });

  it('R138 a hash topology keeps a device on one queue, on every IOMMU, and uses all queues', () => {
    const names = new Set<string>();
    for (let device = 0; device < 64; device += 1) {
      const name = createRouter('hash:8', 0)(device, 'pri', 1);
      expect(createRouter('hash:8', 5)(device, 'stall', 2)).toBe(name);
      names.add(name);
    }
    expect(names.size).toBe(8);
  });

  it('reads the topologies of scenarios, and no others', () => {
    for (const topology of topologies) expect(parseTopology(topology)).toBe(topology);
    expect(parseTopology('hash:12')).toBe('hash:12');
    expect(queuesOf('hash:12', facts)).toHaveLength(12);
    for (const text of [
      '',
      'hash',
      'hash:0',
      'hash:x',
      'hash:1x',
      'hash:08',
      'per-device',
      'hash:123456',
      'a hash:7',
    ]) {
      expect(parseTopology(text)).toBeUndefined();
    }
  });

  it('a name that is no topology is a defect of the caller, and is named', () => {
    const unknown = 'per-device' as Topology;
    expect(() => createRouter(unknown, 0)).toThrow('unknown topology per-device');
    expect(() => queuesOf(unknown, facts)).toThrow('unknown topology per-device');
  });
});
