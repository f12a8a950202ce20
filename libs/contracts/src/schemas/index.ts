export * from './events';
export * from './iommu';
export * from './lanes';
export * from './registry';
