/** Names of units, as headers, leases and control requests have them: one place, since every room must spell them alike. */
export const iommuUnit = (iommu: number): string => `iommu.${iommu}`;
export const segmentUnit = (segment: number): string => `segment.${segment}`;
export const shardUnit = (shard: number): string => `mm.${shard}`;
