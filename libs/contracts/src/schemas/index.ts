export * from './events';
export * from './iommu';
export * from './iommu-history';
export * from './lanes';
export * from './registry';
