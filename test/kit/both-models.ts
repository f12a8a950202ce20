/** The text of a scenario with a PRI device and a stalling one, each of which touches so many fresh pages. */
export function bothModels(name: string, processes: number, priPages: number, stallPages: number): string {
  return `name: ${name}
profile: none
workers: { processes: ${processes}, servers: 8 }
iommus:
  - { name: pri, model: pri, priQueueEntries: 16 }
  - { name: smmu, model: stall }
processes:
  - { name: one }
  - { name: two }
devices:
  - name: nic
    iommu: pri
    credits: 32
    pagesPerGroup: 2
    workloads: [{ process: one, pattern: sequential, accesses: ${priPages}, pages: ${priPages}, outstanding: 32 }]
  - name: dsp
    iommu: smmu
    workloads: [{ process: two, pattern: sequential, accesses: ${stallPages}, pages: ${stallPages}, outstanding: 8 }]
`;
}
