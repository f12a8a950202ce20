import { reachOfIommus } from './reach';

const iommus = [{ iommu: 0 }, { iommu: 1 }, { iommu: 2 }];
const devices = [
  { iommu: 0, workloads: [{ mm: 3, pasid: 30 }] },
  {
    iommu: 1,
    workloads: [
      { mm: 4, pasid: 40 },
      { mm: 3, pasid: 30 },
    ],
  },
  { iommu: 1, workloads: [] },
  { iommu: 1, workloads: [{ mm: 5, pasid: 50 }] },
];

describe('the address spaces that can be reached through an IOMMU', () => {
  it('are those that the devices behind it work for', () => {
    expect(reachOfIommus({ iommus, devices, timeline: [] })).toEqual(
      new Map([
        [0, new Set([3])],
        [1, new Set([3, 4, 5])],
        [2, new Set()],
      ]),
    );
  });

  it('R105 are also those that take the place of one of them, at every device of the PASID', () => {
    const action = { action: 'replace-domain', process: 'three', mm: 3, pasid: 30 } as const;
    const timeline = [{ do: { ...action, name: 'device', device: 0, by: 'nine', byMm: 9 } }];
    expect(reachOfIommus({ iommus, devices, timeline })).toEqual(
      new Map([
        [0, new Set([3, 9])],
        [1, new Set([3, 4, 5, 9])],
        [2, new Set()],
      ]),
    );
  });
});
